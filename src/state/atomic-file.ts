import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MayflyError } from '../errors.js';

/** Writes all or nothing: a temporary file beside it (0600), synced, then renamed over it. */
export async function writeAtomic(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(path, error);
  }
}

/** The file's text, `null` when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
    throw storageError(path, error);
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** @returns MayflyError `storage_full` or `state_unreadable` */
export function storageError(path: string, error: unknown): MayflyError {
  const full = isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT');
  return new MayflyError(full ? 'storage_full' : 'state_unreadable', {
    place: { file: path },
    cause: full ? 'no space left to save the state' : `cannot be read or written: ${error instanceof Error ? error.message : error}`,
    remedy: full
      ? 'free some space, then run the same command again'
      : 'check the owner and mode of the state directory (MAYFLY_STATE_DIR)',
    error,
  });
}
