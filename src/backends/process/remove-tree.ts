import { allowing, codeOf, type System } from './system.js';

/** Files removed at once. */
const width = 32;

/**
 * Removes a directory and all below it, and never anything that a link in it points to: each level is held open and worked on
 * through that descriptor. `last` names the entry of the top level that goes after all others. Gone already is success.
 */
export async function removeTree(system: System, path: string, last?: string): Promise<void> {
  // Something may still be writing while the first pass goes on.
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

/** False when there was no directory. */
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
    // One directory after the other: each level holds a descriptor.
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
