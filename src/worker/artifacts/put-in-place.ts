import { lstat, mkdir, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { MayflyError } from '../../errors.js';

/** Files and bytes that were put in place. Links count as files. */
export interface Placed {
  files: number;
  bytes: number;
}

/**
 * Moves an unpacked file or tree into the caller's directory; existing files are replaced. Nothing is written outside of that directory,
 * even if links in it lead there. Links of the tree that lead outside of it are left out.
 *
 * @param root the caller's directory, a real path
 * @param destination path in `root`
 * @throws MayflyError `copy_failed` where something in the way cannot be replaced
 */
export async function putInPlace(unpacked: string, root: string, destination: string, onSkipped: (entry: string) => void): Promise<Placed> {
  const placed: Placed = { files: 0, bytes: 0 };
  const move = async (from: string, to: string): Promise<void> => {
    const found = await lstat(from);
    if (found.isDirectory()) {
      await makeDirectory(root, to);
      for (const name of await readdir(from)) await move(join(from, name), join(to, name));
      return;
    }
    await makeDirectory(root, dirname(to));
    await rename(from, join(root, to));
    placed.files += 1;
    placed.bytes += found.size;
  };
  for (const { path, target } of await linksOutside(unpacked)) {
    await rm(path);
    onSkipped(`${join(destination, relative(unpacked, path))} is a link to ${target}, which is not among the collected files`);
  }
  await move(unpacked, destination);
  return placed;
}

/** Links in a tree that lead outside of it, or nowhere. */
async function linksOutside(tree: string): Promise<{ path: string; target: string }[]> {
  if (!(await lstat(tree)).isDirectory()) return [];
  const entries = await readdir(tree, { withFileTypes: true, recursive: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ parentPath, name }) => join(parentPath, name));
  const looked = await Promise.all(
    links.map(async (path) => ({ path, target: await readlink(path), real: await realpath(path).catch(() => '') })),
  );
  return looked.filter(({ real }) => !isBelow(real, tree));
}

/** Makes a directory and its parents, none of them through a link that leads out of `root`. */
async function makeDirectory(root: string, path: string): Promise<void> {
  let made = root;
  for (const part of path.split('/')) {
    made = join(made, part);
    await mkdir(made).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (isBelow(await realpath(made), root)) continue;
    throw new MayflyError('copy_failed', {
      place: { file: path },
      cause: `leads to ${await realpath(made)}, outside of the directory that mayfly was called in`,
      remedy: 'remove the link, or choose another `to`',
    });
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
