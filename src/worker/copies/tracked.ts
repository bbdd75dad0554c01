import { execFile } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { promisify } from 'node:util';
import type { TreeEntry } from '../../backends/shared/tree.js';
import { MayflyError } from '../../errors.js';
import type { CopySpec } from '../../spec/worker-spec.js';

const run = promisify(execFile);
/** Most bytes of git's list of files. */
const longest = 256 * 2 ** 20;
/** Variables of a running git, such as that of a hook: they name another repository or index. */
const ownVariables = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX'];

type Env = Record<string, string | undefined>;

/** Lists the files that git tracks, those of initialized submodules too. @throws MayflyError without git or a repository */
export async function trackedFiles(copy: CopySpec, env: Env): Promise<{ root: string; files: Set<string> }> {
  const root = copy.tracked === 'repository' ? (await git(copy, copy.from, env, ['rev-parse', '--show-toplevel'])).trimEnd() : copy.from;
  const list = await git(copy, root, env, ['ls-files', '-z', '--cached', '--recurse-submodules']);
  return { root, files: new Set(list.split('\0').filter((path) => path !== '')) };
}

async function git({ place, from }: CopySpec, directory: string, env: Env, args: string[]): Promise<string> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !ownVariables.includes(name)));
  try {
    const options = { cwd: directory, env: { ...own, LC_ALL: 'C' }, maxBuffer: longest };
    return (await run('git', args, options)).stdout;
  } catch (error) {
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string };
    const [first = ''] = stderr.split('\n');
    throw new MayflyError('copy_failed', {
      place,
      cause: code === 'ENOENT' ? 'git is not installed' : `git does not list the files of ${from}: ${first || message}`,
      remedy: 'copy a directory instead (from: .), or run it in a repository, where git is installed',
      error,
    });
  }
}

/** Walks the listed files of a directory, each directory before its content. Files that were removed are left out; links are not followed. */
export function* walkListed(root: string, files: Iterable<string>, as: string): Generator<TreeEntry> {
  /** Directories, and whether each is one on disk. */
  const directories = new Map<string, boolean>();
  const entryOf = (path: string): TreeEntry | undefined => {
    const stat = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    return stat && { path: `${root}/${path}`, name: path === '' ? as : `${as}/${path}`, stat };
  };
  function* enter(path: string): Generator<TreeEntry, boolean> {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const above = path === '' || (yield* enter(path.slice(0, Math.max(path.lastIndexOf('/'), 0))));
    const entry = above ? entryOf(path) : undefined;
    const exists = entry?.stat.isDirectory() === true;
    directories.set(path, exists);
    if (exists) yield entry;
    return exists;
  }
  for (const file of files) {
    if (!(yield* enter(file.slice(0, Math.max(file.lastIndexOf('/'), 0))))) continue;
    const entry = entryOf(file);
    if (entry && !entry.stat.isDirectory()) yield entry;
  }
}
