import { execFile, execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The last commit before keepers had a version. Workers made by it must stay usable. */
export const earlierCommit = '335aeaf';

/** Whether the repository's history has that commit: a shallow clone does not. */
export function hasEarlierCommit(): boolean {
  try {
    execFileSync('git', ['-C', root, 'cat-file', '-e', `${earlierCommit}^{commit}`], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`Left out: the tests with an earlier version. Reason: the history of this clone lacks commit ${earlierCommit}.`);
    return false;
  }
}

/** The command line as that commit built it, with the packages that are installed now. Built once, and kept in the tests' cache. @returns its path */
export async function earlierBundle(): Promise<string> {
  const cache = process.env.MAYFLY_TEST_CACHE ?? join(homedir(), '.cache', 'mayfly-test');
  const kept = join(cache, `bundle-${earlierCommit}`);
  const bundle = join(kept, 'mayfly.cjs');
  if (existsSync(bundle)) return bundle;
  const source = await mkdtemp(join(tmpdir(), 'mayfly-earlier-'));
  try {
    await run('sh', ['-c', 'git -C "$1" archive "$2" | tar -x -C "$3"', 'sh', root, earlierCommit, source]);
    symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
    await run(process.execPath, [join(source, 'scripts', 'bundle.mjs')], { cwd: source });
    await mkdir(cache, { recursive: true });
    // Another run of the tests may have been faster.
    await run('cp', ['-R', join(source, 'dist'), `${kept}.${process.pid}`]);
    await rename(`${kept}.${process.pid}`, kept).catch(() => rm(`${kept}.${process.pid}`, { recursive: true }));
    return bundle;
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}
