import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MayflyError } from '../errors.js';
import { isCode, isDiskFull } from '../state/atomic-file.js';

export interface WriteOptions {
  /** Creates the folder too. */
  folder?: boolean;
  /** Fails if the file exists. */
  fresh?: boolean;
  /** Readable by this user only, since it may hold secrets. */
  secret?: boolean;
}

/** Writes a file to a path from the user. @throws MayflyError `usage` if it cannot be written there */
export async function writeUserFile(path: string, content: string, { folder, fresh, secret }: WriteOptions): Promise<void> {
  try {
    if (folder) await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: fresh ? 'wx' : 'w', ...(secret && { mode: 0o600 }) });
    // Writing keeps the mode of an existing file.
    if (secret) await chmod(path, 0o600);
  } catch (error) {
    throw new MayflyError('usage', { place: { file: path }, ...explain(error), error });
  }
}

function explain(error: unknown): { cause: string; remedy: string } {
  if (isCode(error, 'EISDIR')) return { cause: 'is a directory', remedy: 'name a file in it' };
  if (isCode(error, 'EEXIST')) return { cause: 'exists already and was not changed', remedy: 'name another file' };
  if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR'))
    return { cause: 'its folder does not exist', remedy: 'create the folder, or name another file' };
  if (isDiskFull(error)) return { cause: 'no space left on the device', remedy: 'free some space, or name a file elsewhere' };
  return { cause: `cannot be written: ${(error as Error).message}`, remedy: 'name a file that can be written' };
}
