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

/** What is at a lock's path: nothing, a holder, a file that does not parse, or a file that cannot be read. */
export type LockFile = { is: 'free' } | { is: 'held'; owner: LockOwner } | { is: 'damaged' } | { is: 'unreadable'; error: unknown };

/** This process as a holder. `now` in milliseconds since the epoch. */
export function newOwner(operation: string, now: number): LockOwner {
  return { id: randomUUID(), user: userName(), operation, process: ownIdentity(), since: new Date(now).toISOString() };
}

/** Synchronous, so that nothing happens between this look and the call that it allows. */
export function lookAtLock(path: string): LockFile {
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

/** The holder, `null` when there is none that could be read. */
export function readLock(path: string): LockOwner | null {
  const file = lookAtLock(path);
  return file.is === 'held' ? file.owner : null;
}

/**
 * Creates the file whole or not at all: linked from a finished one. It is not synced: an end must not wait for a busy disk, and
 * a file that a power cut leaves empty is set aside after a while.
 *
 * @returns false where another holder's file is there. @throws what the file system does
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

/** Removes a lock if it is still that holder's. @throws what the file system does */
export async function breakLock(path: string, id: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}.broken`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
  const taken = readLock(aside);
  // Another command broke it first and holds it now: give it back.
  if (taken && taken.id !== id) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return taken?.id === id;
}

/** Renames a damaged file, so that it can be looked at. @returns its new name */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  await rename(path, aside);
  return aside;
}

/** Milliseconds since the holder's last heartbeat; negative where a clock is wrong, `null` when the file is gone. */
export async function silence(path: string, now: number): Promise<number | null> {
  try {
    return now - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}
