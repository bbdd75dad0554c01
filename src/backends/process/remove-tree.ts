import { allowing, codeOf, type System } from './system.js';

/** Number of files that are removed at once. */
const width = 32;

/**
 * Removes a directory and all below it, but never the target of a link: each level is opened, and changed only through its descriptor. `last`:
 * the entry of the top level that is removed after all others. A missing directory is a success.
 */
export async function removeTree(system: System, path: string, last?: string): Promise<void> {
  // A process may still write during the first pass.
  for (let pass = 1; ; pass++) {
    const emptied = await emptyDirectory(system, path, last);
    if (!emptied) return;
    try {
      await allowing(['ENOENT'], () => system.removeDirectory(path));
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY' || pass === 3) throw error;
    }
  }
}

/** @returns false if the directory did not exist */
async function emptyDirectory(system: System, path: string, last?: string): Promise<boolean> {
  const directory = await system.openDirectory(path).catch(async (error: unknown) => {
    const code = codeOf(error);
    if (code === 'ELOOP' || code === 'ENOTDIR') await allowing(['ENOENT'], () => system.removeFile(path));
    else if (code !== 'ENOENT') throw error;
    return null;
  });
  if (!directory) return false;
  try {
    const entries = (await system.entries(directory.path)) ?? [];
    const rest = entries.filter((entry) => entry.name !== last).map(({ name, kind }) => ({ path: `${directory.path}/${name}`, kind }));
    // Directories one after the other, because each level holds a descriptor.
    for (const { path: below } of rest.filter(({ kind }) => kind === 'directory')) await removeTree(system, below);
    const others = rest.filter(({ kind }) => kind !== 'directory');
    for (let at = 0; at < others.length; at += width) {
      await Promise.all(others.slice(at, at + width).map(({ path: below }) => removeOther(system, below)));
    }
    if (rest.length < entries.length) await allowing(['ENOENT'], () => system.removeFile(`${directory.path}/${last}`));
  } finally {
    await directory.close();
  }
  return true;
}

async function removeOther(system: System, path: string): Promise<void> {
  try {
    await allowing(['ENOENT'], () => system.removeFile(path));
  } catch (error) {
    if (codeOf(error) !== 'EISDIR') throw error;
    await removeTree(system, path);
  }
}
