import { rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { isCode, storageError } from './atomic-file.js';
import { breakLock, type LockFile, lookAtLock, type LockOwner, newOwner, placeLock, setAside, silence } from './lock-file.js';
import { makePrivate } from './private-path.js';
import { mayBeAlive } from './process-identity.js';

export { breakLock, type LockOwner, readLock } from './lock-file.js';

/** Seconds after the last heartbeat at which a lock whose holder cannot be looked at counts as abandoned. */
export const lockExpiry = 30;
const heartbeat = 5;
const retryEvery = 100;

export interface Lock {
  /** Aborted once the lock is another's, or was kept for longer than its work may take: its holder makes no further call. */
  lost: AbortSignal;
  /** @throws MayflyError `state_locked` when the lock is not this holder's any more */
  assertHeld(): void;
  /** Changes when the work is overdue; milliseconds since the epoch. */
  overdueAt(time: number): void;
  /** Never fails: what stays is taken over as an abandoned lock. */
  release(): Promise<void>;
}

export interface LockOptions {
  operation: string;
  /** Seconds to wait for another holder. */
  timeout: number;
  /** The same for a holder that is worth waiting for. */
  timeoutFor?(holder: LockOwner): number;
  /** Seconds that the work takes at most; after them the lock is given up. Default: as long as it takes. */
  overdueAfter?: number;
  clock: Clock;
  signal?: AbortSignal;
  /** The directory that the user named: those between it and the lock are ours alone. */
  below?: string;
  /** Told of a damaged lock file that was renamed. */
  onDamaged?(file: string): void;
}

/**
 * The lock cannot be had, for a reason that has nothing to do with another holder: a full or read-only disk, a directory or a lock
 * file of somebody else's.
 */
export class LockUnavailable extends MayflyError {
  constructor(path: string, error: unknown) {
    const { code, place, message, remedy } = storageError(path, error);
    super(code, { cause: message, error, ...(place && { place }), ...(remedy && { remedy }) });
  }
}

/**
 * Takes a lock file. One whose holder has provably died is taken over at once; one on another host, 30 s after its last heartbeat; one
 * that does not parse is set aside when it is 30 s old.
 *
 * @throws MayflyError `state_locked`, naming the holder; LockUnavailable
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { operation, timeout, timeoutFor, clock, signal } = options;
  const owner = newOwner(operation, clock.now());
  const began = clock.now();
  for (;;) {
    const refusal = await tryPlacing(path, owner, options);
    if (refusal === null) return hold(path, owner, options);
    const file = lookAtLock(path);
    if (await removeIfDead(path, file, options)) continue;
    if (file.is === 'unreadable') throw new LockUnavailable(path, file.error);
    if (file.is === 'free' && refusal !== 'taken') throw new LockUnavailable(path, refusal.error);
    const patience = file.is === 'held' ? (timeoutFor?.(file.owner) ?? timeout) : timeout;
    if (file.is !== 'free' && clock.now() >= began + patience * 1000) throw locked(file, path);
    await clock.sleep(retryEvery, signal);
  }
}

/** `null`: it is ours. */
async function tryPlacing(
  path: string,
  owner: LockOwner,
  { below = dirname(path) }: LockOptions,
): Promise<null | 'taken' | { error: unknown }> {
  try {
    makePrivate(dirname(path), below);
    return (await placeLock(path, owner)) ? null : 'taken';
  } catch (error) {
    return { error };
  }
}

/** @returns true when nothing is in the way any more. @throws LockUnavailable where a dead holder's file cannot be removed */
async function removeIfDead(path: string, file: LockFile, { clock, onDamaged }: LockOptions): Promise<boolean> {
  try {
    const silent = (await silence(path, clock.now())) ?? 0;
    if (file.is === 'held' && (!mayBeAlive(file.owner.process) || silent > lockExpiry * 1000)) {
      await breakLock(path, file.owner.id);
      return true;
    }
    // Nobody beats for it, and a power cut may leave a wrong time too.
    if (file.is === 'damaged' && Math.abs(silent) > lockExpiry * 1000) {
      const aside = await setAside(path);
      onDamaged?.(aside);
      return true;
    }
    return false;
  } catch (error) {
    // Another command was faster.
    if (isCode(error, 'ENOENT')) return true;
    throw new LockUnavailable(path, error);
  }
}

function hold(path: string, owner: LockOwner, { operation, overdueAfter = Infinity, clock }: LockOptions): Lock {
  const lost = new AbortController();
  let overdueAt = clock.now() + overdueAfter * 1000;
  let beatAt = clock.now();
  const give = (cause: string) => {
    clearInterval(timer);
    lost.abort(lostLock(path, `${operation} ${cause}`));
  };
  /** A file that cannot be read proves nothing. */
  const isOurs = () => {
    const file = lookAtLock(path);
    return file.is === 'unreadable' || (file.is === 'held' && file.owner.id === owner.id);
  };
  const beat = async () => {
    const now = clock.now();
    if (now >= overdueAt) return give('has taken longer than it may, and gave up the lock');
    if (!isOurs()) return give('has lost the lock: another command took it over or removed it');
    try {
      await utimes(path, now / 1000, now / 1000);
      beatAt = now;
    } catch (error) {
      if (now - beatAt > lockExpiry * 1000) give(`could not keep the lock: ${(error as Error).message}`);
    }
  };
  const timer = setInterval(() => void beat(), heartbeat * 1000);
  timer.unref();
  return {
    lost: lost.signal,
    assertHeld() {
      if (!lost.signal.aborted && !isOurs()) give('has lost the lock: another command took it over or removed it');
      lost.signal.throwIfAborted();
    },
    overdueAt(time) {
      overdueAt = time;
    },
    async release() {
      clearInterval(timer);
      const file = lookAtLock(path);
      if (file.is === 'held' && file.owner.id === owner.id) await rm(path, { force: true }).catch(() => {});
    },
  };
}

function locked(file: LockFile, path: string): MayflyError {
  if (file.is !== 'held') {
    return new MayflyError('state_locked', {
      place: { file: path },
      cause: 'the lock file does not say who holds it',
      remedy: `wait: it is set aside when it is ${lockExpiry} s old; if nobody holds it, \`mayfly unlock --force\``,
    });
  }
  const { user, process, operation, since } = file.owner;
  return new MayflyError('state_locked', {
    place: { file: path },
    cause: `locked by ${user} on ${process.host.split(' ')[0]} (pid ${process.pid}), ${operation} since ${since}`,
    remedy: 'wait for it, or give --lock-timeout; if it is certainly gone, `mayfly unlock`',
  });
}

function lostLock(path: string, cause: string): MayflyError {
  return new MayflyError('state_locked', {
    place: { file: path },
    cause,
    remedy: 'run the same command again: it goes on from what is there',
  });
}
