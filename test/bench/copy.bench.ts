import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { images } from '../support/docker.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { interleaved, report, runProcess, timed } from './measure.js';

/** Files of the tree and the rounds: `BENCH_COPY_FILES=30000` gives a tree of 240 MB. */
const files = Number(process.env['BENCH_COPY_FILES'] ?? 6000);
const rounds = 5;

const name = uniqueName();
const container = `mayfly-${name}.engine`;
let env: NodeJS.ProcessEnv = {};
let folder = '';

const mayfly = (...args: string[]) => runProcess(process.execPath, ['dist/mayfly.cjs', ...args], { env });
const docker = (...args: string[]) => runProcess('docker', args);

/** A tree as of a package manager: small files of very different sizes, 8 kB on average, 10 in a directory. */
async function makeTree(root: string): Promise<void> {
  const bytes = Buffer.alloc(2 ** 20, 'a line of a source file\n');
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let index = 0; index < files; index += 1) {
    const directory = join(root, `p${Math.floor(index / 300)}`, `s${Math.floor(index / 10) % 30}`);
    if (index % 10 === 0) await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `f${index}.js`), bytes.subarray(0, Math.floor(-Math.log(1 - random()) * 8000)));
  }
}

beforeAll(async () => {
  folder = await tempDir();
  env = { ...process.env, HOME: folder, MAYFLY_STATE_DIR: join(folder, 'state') };
  await makeTree(join(folder, 'tree'));
  const engine = { image: images.busybox, command: ['httpd', '-f', '-p', '8080'], port: 8080 };
  await writeFile(join(folder, 'spec.json'), JSON.stringify({ max_duration: 1800, cpu: 100, memory: 64, storage: 0, engine }));
  await mayfly('apply', join(folder, 'spec.json'), '--name', name, '--auto-approve');
});
afterAll(async () => {
  await mayfly('destroy', name, '--auto-approve');
});

test.skipIf(spawnSync('docker', ['version'], { stdio: 'ignore' }).status !== 0)('cp in and out against docker cp', async () => {
  const inside = (path: string) => () => execFileSync('docker', ['exec', container, 'rm', '-rf', path]);
  const outside = (path: string) => () => rm(path, { recursive: true, force: true });
  const fresh = (clear: () => unknown, work: () => Promise<unknown>) => async () => {
    await clear();
    return timed(work);
  };
  const tree = join(folder, 'tree');
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
  const medians = await interleaved(rounds, {
    dockerIn: fresh(inside('/theirs'), () => docker('cp', '-q', tree, `${container}:/theirs`)),
    mayflyIn: fresh(inside('/ours'), () => mayfly('cp', tree, `${name}:/ours`)),
    dockerOut: fresh(outside(theirs), () => docker('cp', '-q', `${container}:/theirs`, theirs)),
    mayflyOut: fresh(outside(ours), () => mayfly('cp', `${name}:/ours`, ours)),
  });
  report(`docker cp of ${files} files in`, medians.dockerIn);
  report(`mayfly cp of ${files} files in`, medians.mayflyIn, { name: 'docker cp', ms: medians.dockerIn, aim: '≤ 1.2' });
  report(`docker cp of ${files} files out`, medians.dockerOut);
  report(`mayfly cp of ${files} files out`, medians.mayflyOut, { name: 'docker cp', ms: medians.dockerOut, aim: '≤ 1.2' });
  execFileSync('diff', ['-r', tree, ours]);
});
