import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Writes a file of this user. @param write puts the content into the file. A full disk ends it, too. @returns the result of `write` */
export async function writeOutputFile<T>(path: string, write: (file: Writable) => Promise<T>): Promise<T> {
  const file = createWriteStream(path, { mode: 0o600 });
  const written = finished(file);
  try {
    const writing = write(file);
    const result = await Promise.race([writing, written.then(() => writing)]);
    file.end();
    await written;
    return result;
  } catch (error) {
    file.destroy();
    await written.catch(() => {});
    throw error;
  }
}
