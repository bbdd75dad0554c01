import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { isCode } from './atomic-file.js';
import { makePrivate } from './private-path.js';
import { mayBeAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** Seconds after the last heartbeat at which a lock whose holder cannot be looked at counts as abandoned. */
export const lockExpiry = 30;
const heartbeat = 5;
const retryEvery = 100;

export interface LockOwner {
  id: string;
  user: string;
  operation: string;
  process: ProcessIdentity;
  /** ISO time. */
  since: string;
}

export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  operation: string;
  /** Seconds to wait for another holder. */
  timeout: number;
  /** The same for a holder that is worth waiting for. */
  timeoutFor?(holder: LockOwner): number;
  clock: Clock;
  signal?: AbortSignal;
  /** The directory that the user named: those between it and the lock are ours alone. */
  below?: string;
}

/**
 * Takes a lock file. One whose holder has provably died is taken over at once; one on another host, 30 s after its last heartbeat.
 *
 * @throws MayflyError `state_locked`, naming the holder.
 */
export async function acquireLock(
  path: string,
  { operation, timeout, timeoutFor, clock, signal, below = dirname(path) }: LockOptions,
): Promise<Lock> {
  const owner: LockOwner = {
    id: randomUUID(),
    user: userInfo().username,
    operation,
    process: ownIdentity(),
    since: new Date(clock.now()).toISOString(),
  };
  makePrivate(dirname(path), below);
  const began = clock.now();
  while (!(await place(path, owner))) {
    const holder = await readLock(path);
    if (holder && (await isAbandoned(path, holder, clock))) {
      await breakLock(path, holder.id);
      continue;
    }
    if (holder && clock.now() >= began + (timeoutFor?.(holder) ?? timeout) * 1000) throw locked(holder, path);
    await clock.sleep(retryEvery, signal);
  }
  const timer = setInterval(() => {
    const now = clock.now() / 1000;
    // A lock that was broken by `mayfly unlock` has no heart to beat.
    void utimes(path, now, now).catch(() => {});
  }, heartbeat * 1000);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      if ((await readLock(path))?.id === owner.id) await rm(path, { force: true });
    },
  };
}

/** Who holds it, `null` when nobody does. */
export async function readLock(path: string): Promise<LockOwner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Removes a lock if it is still that holder's. */
export async function breakLock(path: string, id: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}.broken`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
  const taken = await readLock(aside);
  // Another command broke it first and holds it now: give it back.
  if (taken && taken.id !== id) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return taken?.id === id;
}

/** Created whole or not at all: linked from a finished file. */
async function place(path: string, owner: LockOwner): Promise<boolean> {
  const draft = `${path}.${owner.id}.tmp`;
  try {
    await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
    await link(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function isAbandoned(path: string, holder: LockOwner, clock: Clock): Promise<boolean> {
  if (!mayBeAlive(holder.process)) return true;
  try {
    return clock.now() - (await stat(path)).mtimeMs > lockExpiry * 1000;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function locked({ user, operation, process, since }: LockOwner, path: string): MayflyError {
  return new MayflyError('state_locked', {
    place: { file: path },
    cause: `locked by ${user} on ${process.host.split(' ')[0]} (pid ${process.pid}), ${operation} since ${since}`,
    remedy: 'wait for it, or give --lock-timeout; if it is certainly gone, `mayfly unlock`',
  });
}
