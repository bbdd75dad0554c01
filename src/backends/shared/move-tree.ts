import { lstat, readdir, rename } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { notReplaced, specialOf } from './special-files.js';

/**
 * Moves a file or a tree to a path of the same file system. A directory joins an existing one, entry by entry; files and links replace their
 * kind.
 *
 * @throws MayflyError `copy_failed` where another kind of file is in the way
 */
export async function moveTree(from: string, to: string): Promise<void> {
  const [moved, found] = [await lstat(from), await lstatOrNull(to)];
  if (found && moved.isDirectory() && found.isDirectory()) {
    for (const name of await readdir(from)) await moveTree(`${from}/${name}`, `${to}/${name}`);
    return;
  }
  if (found && !mayReplace(moved, found)) throw notReplaced(to, kindOf(found));
  await rename(from, to);
}

function mayReplace(moved: Stats, found: Stats): boolean {
  return (moved.isFile() && found.isFile()) || (moved.isSymbolicLink() && (found.isFile() || found.isSymbolicLink()));
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a link';
  return found.isDirectory() ? 'a directory' : (specialOf(found) ?? 'a file');
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
