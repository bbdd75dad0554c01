import type { Used } from '../ports/sizes.js';
import { usedBy } from '../shared/measured.js';
import type { Host } from './host.js';
import { listOwned } from './list.js';
import { objectPath } from './objects.js';
import { folders } from './record.js';
import { codeOf, type System } from './system.js';

/** The sizes of volumes' directories, of one worker or of all. */
export async function used(host: Host, worker?: string, signal?: AbortSignal): Promise<Used[]> {
  const directories = (await listOwned(host, worker)).filter(({ type }) => type === 'mayfly_directory');
  const measured = [];
  for (const object of directories) {
    const bytes = await bytesIn(host.system, `${objectPath(host, object.id)}/${folders.data}`, signal);
    measured.push({ object, bytes });
  }
  return usedBy(measured, (type) => type === 'mayfly_directory');
}

/** Errors to skip: the entry was removed, has become a link, or cannot be entered. */
const skippedErrors = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'EACCES']);

/** Bytes of all files below a directory. Links are not followed. Entries that are removed meanwhile, or cannot be entered, count 0. */
async function bytesIn(system: System, path: string, signal?: AbortSignal): Promise<number> {
  signal?.throwIfAborted();
  const directory = await system.openDirectory(path).catch((error: unknown) => {
    if (skippedErrors.has(codeOf(error) ?? '')) return null;
    throw error;
  });
  if (!directory) return 0;
  try {
    let bytes = 0;
    // One after the other, because each level holds a descriptor.
    for (const { name, kind } of (await system.entries(directory.path)) ?? []) {
      const below = `${directory.path}/${name}`;
      bytes += kind === 'directory' ? await bytesIn(system, below, signal) : ((await system.stat(below))?.bytes ?? 0);
    }
    return bytes;
  } finally {
    await directory.close();
  }
}
