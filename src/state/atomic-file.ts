import { randomUUID } from 'node:crypto';
import { closeSync, constants, readFileSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MayflyError } from '../errors.js';
import { makePrivate, openPrivate } from './private-path.js';

/**
 * Writes the whole file or nothing: a temporary file beside it (0600) is synced and then renamed. A missing directory is made.
 * @param below the directory that the user named. Directories between it and the file must be private.
 */
export async function writeAtomic(path: string, content: string | Buffer, below = dirname(path)): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    makePrivate(dirname(path), below);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.chmod(0o600);
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

/** Makes an empty file for `writeAtomic` to replace. @returns false if the file exists. `below`: see `writeAtomic` */
export async function reserve(path: string, below: string): Promise<boolean> {
  try {
    makePrivate(dirname(path), below);
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw storageError(path, error);
  }
}

/** The text of a private file; `null` if it does not exist. @throws MayflyError `state_unreadable` if it belongs to another user */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    const file = openPrivate(path, constants.O_RDONLY);
    try {
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
    throw storageError(path, error);
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** @throws Error where it cannot be found out */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whether a disk is full, or the user's part of it. */
export function isDiskFull(error: unknown): boolean {
  return isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT');
}

/** @returns MayflyError `storage_full` or `state_unreadable`. A MayflyError is returned unchanged. */
export function storageError(path: string, error: unknown): MayflyError {
  if (error instanceof MayflyError) return error;
  const full = isDiskFull(error);
  return new MayflyError(full ? 'storage_full' : 'state_unreadable', {
    place: { file: path },
    cause: full ? 'no space left to save the state' : `cannot be read or written: ${error instanceof Error ? error.message : error}`,
    remedy: full
      ? 'free some space, then run the same command again'
      : 'check the owner and mode of the state directory, or set MAYFLY_STATE_DIR to another directory',
    error,
  });
}
