import { closeSync, openSync, readSync } from 'node:fs';

/** Reads a whole file, or a pipe. @returns its bytes, or the reason why it cannot be read, with a remedy */
export type ReadSmall = (path: string, maxBytes: number) => Uint8Array | { cause: string; remedy: string };

const reasons: Readonly<Record<string, { cause: string; remedy: string }>> = {
  ENOENT: { cause: 'does not exist', remedy: 'check the path' },
  ENOTDIR: { cause: 'does not exist: a part of the path is a file', remedy: 'check the path' },
  EISDIR: { cause: 'is a directory', remedy: 'name a file in it' },
  EACCES: { cause: "can't be read: permission denied", remedy: 'change its permissions, or run as a user who may read it' },
};

/** At most `maxBytes`. The size that the file system reports is not used: a pipe or a device has none. */
export const readSmall: ReadSmall = (path, maxBytes) => {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return (
        readAtMost(descriptor, maxBytes) ?? {
          cause: `is larger than ${maxBytes / 2 ** 20} MB`,
          remedy: 'check that this is the right file',
        }
      );
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    return reasons[code] ?? { cause: `can't be read (${code})`, remedy: 'check the path and the disk' };
  }
};

/** `null` if there are more bytes. */
function readAtMost(descriptor: number, maxBytes: number): Uint8Array | null {
  const buffer = Buffer.alloc(maxBytes + 1);
  let size = 0;
  for (let count = -1; count !== 0 && size < buffer.length; size += count)
    count = readSync(descriptor, buffer, size, buffer.length - size, null);
  return size > maxBytes ? null : buffer.subarray(0, size);
}
