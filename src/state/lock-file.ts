import { randomUUID } from 'node:crypto';
import { closeSync, constants, readFileSync } from 'node:fs';
import { link, rename, rm, stat, writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { userName } from '../user.js';
import { isCode } from './atomic-file.js';
import { parseJson } from './parse-json.js';
import { openPrivate } from './private-path.js';
import { ownIdentity } from './process-identity.js';

const lockOwner = z.object({
  id: z.string(),
  user: z.string(),
  operation: z.string(),
  process: z.object({ pid: z.number(), start: z.nullable(z.number()), host: z.string() }),
  /** ISO time. */
  since: z.string(),
});
export type LockOwner = z.infer<typeof lockOwner>;

/** State of a lock's path: no file, a holder, a file that cannot be parsed, or a file that cannot be read. */
export type LockFile = { is: 'free' } | { is: 'held'; owner: LockOwner } | { is: 'damaged' } | { is: 'unreadable'; error: unknown };

/** This process as a holder. `now`: milliseconds since the epoch. */
export function newOwner(operation: string, now: number): LockOwner {
  return { id: randomUUID(), user: userName(), operation, process: ownIdentity(), since: new Date(now).toISOString() };
}

/** Reads a lock's file. Synchronous, so that nothing happens between the check and the call that it allows. */
export function inspectLock(path: string): LockFile {
  try {
    const owner = parseJson(lockOwner, readOwn(path));
    return owner ? { is: 'held', owner } : { is: 'damaged' };
  } catch (error) {
    return isCode(error, 'ENOENT') ? { is: 'free' } : { is: 'unreadable', error };
  }
}

function readOwn(path: string): string {
  const file = openPrivate(path, constants.O_RDONLY);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The holder; `null` if there is none, or the file cannot be read. */
export function readLock(path: string): LockOwner | null {
  const file = inspectLock(path);
  return file.is === 'held' ? file.owner : null;
}

/**
 * Creates the whole lock file or nothing, as a link to a finished file. The file is not synced, because ending a worker must not wait for a
 * busy disk. A file that is empty after a power failure is set aside when it is 30 s old.
 *
 * @returns false if another holder's file exists. @throws errors of the file system
 */
export async function placeLock(path: string, owner: LockOwner): Promise<boolean> {
  const draft = `${path}.${owner.id}.tmp`;
  try {
    await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
    await link(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** Removes a lock if the holder `id` still has it. @returns whether it was removed. @throws errors of the file system */
export async function breakLock(path: string, id: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}.broken`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
  const taken = readLock(aside);
  // Another command has broken and taken the lock before: restore its file.
  if (taken && taken.id !== id) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return taken?.id === id;
}

/** Renames a damaged file, so that a user can inspect it. @returns its new name */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  await rename(path, aside);
  return aside;
}

/** Milliseconds since the holder's last heartbeat; negative if a clock is wrong; `null` if the file does not exist. */
export async function silence(path: string, now: number): Promise<number | null> {
  try {
    return now - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}
