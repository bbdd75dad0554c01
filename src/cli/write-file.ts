import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MayflyError } from '../errors.js';
import { isCode } from '../state/atomic-file.js';

export interface WriteOptions {
  /** Makes the folder too. */
  folder?: boolean;
  /** One that exists stays as it is, and is an error. */
  fresh?: boolean;
  /** For the user alone: it may hold secrets. */
  secret?: boolean;
}

/** Writes a file where the user said. @throws MayflyError `usage` when it can't be written there */
export async function writeUserFile(path: string, content: string, { folder, fresh, secret }: WriteOptions): Promise<void> {
  try {
    if (folder) await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: fresh ? 'wx' : 'w', ...(secret && { mode: 0o600 }) });
    // A file that was there keeps its mode.
    if (secret) await chmod(path, 0o600);
  } catch (error) {
    throw new MayflyError('usage', { place: { file: path }, ...explain(error), error });
  }
}

function explain(error: unknown): { cause: string; remedy: string } {
  if (isCode(error, 'EISDIR')) return { cause: 'is a directory', remedy: 'name a file in it' };
  if (isCode(error, 'EEXIST')) return { cause: 'exists already, and is left as it is', remedy: 'name another file' };
  if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR'))
    return { cause: 'the folder of it does not exist', remedy: 'make it, or name another file' };
  if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT'))
    return { cause: 'no space left to write it', remedy: 'free some space, or name a file elsewhere' };
  return { cause: `cannot be written: ${(error as Error).message}`, remedy: 'name a file that may be written' };
}
