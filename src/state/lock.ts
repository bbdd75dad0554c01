import { rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { isCode, storageError } from './atomic-file.js';
import { breakLock, type LockFile, inspectLock, type LockOwner, newOwner, placeLock, setAside, silence } from './lock-file.js';
import { makePrivate } from './private-path.js';
import { mayBeAlive } from './process-identity.js';

export { breakLock, type LockOwner, readLock } from './lock-file.js';

/** Seconds after the last heartbeat until a lock is abandoned, if its holder cannot be checked. */
export const lockExpiry = 30;
/** Seconds between two heartbeats. */
const heartbeat = 5;
/** Milliseconds between two attempts. */
const retryEvery = 100;

export interface Lock {
  /** Aborted when another holder has the lock, or the work is overdue. The holder must then make no further call. */
  lost: AbortSignal;
  /** @throws MayflyError `state_locked` if this holder has lost the lock */
  assertHeld(): void;
  /** Sets the time at which the work is overdue, in milliseconds since the epoch. */
  overdueAt(time: number): void;
  /** Never fails: a file that stays is later taken over as an abandoned lock. */
  release(): Promise<void>;
}

export interface LockOptions {
  operation: string;
  /** Seconds to wait for another holder. */
  timeout: number;
  /** Seconds to wait for this holder, instead of `timeout`. */
  timeoutFor?(holder: LockOwner): number;
  /** Seconds after which the work is overdue and the lock is given up. Default: never. */
  overdueAfter?: number;
  clock: Clock;
  signal?: AbortSignal;
  /** The directory that the user named. Directories between it and the lock must be private. */
  below?: string;
  /** Called with the new name of a damaged lock file. */
  onDamaged?(file: string): void;
}

/**
 * The lock cannot be taken, and no other holder is the reason: the disk is full or read-only, or the directory or the lock file belongs to
 * another user.
 */
export class LockUnavailable extends MayflyError {
  constructor(path: string, error: unknown) {
    const { code, place, message, remedy } = storageError(path, error);
    super(code, { cause: message, error, ...(place && { place }), ...(remedy && { remedy }) });
  }
}

/**
 * Takes a lock file. A lock of a dead process is taken over at once, a lock of another host 30 s after its last heartbeat. A file that
 * cannot be parsed is set aside when it is 30 s old.
 *
 * @throws MayflyError `state_locked`, which names the holder; LockUnavailable
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { operation, timeout, timeoutFor, clock, signal } = options;
  const owner = newOwner(operation, clock.now());
  const began = clock.now();
  for (;;) {
    const refusal = await tryPlacing(path, owner, options);
    if (refusal === null) return hold(path, owner, options);
    const file = inspectLock(path);
    if (await removeIfDead(path, file, options)) continue;
    if (file.is === 'unreadable') throw new LockUnavailable(path, file.error);
    if (file.is === 'free' && refusal !== 'taken') throw new LockUnavailable(path, refusal.error);
    const waitFor = file.is === 'held' ? (timeoutFor?.(file.owner) ?? timeout) : timeout;
    if (file.is !== 'free' && clock.now() >= began + waitFor * 1000) throw locked(file, path);
    await clock.sleep(retryEvery, signal);
  }
}

/** @returns `null` if this process now holds the lock */
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

/** @returns whether the file was removed or renamed. @throws LockUnavailable if a dead holder's file cannot be removed */
async function removeIfDead(path: string, file: LockFile, { clock, onDamaged }: LockOptions): Promise<boolean> {
  try {
    const age = (await silence(path, clock.now())) ?? 0;
    if (file.is === 'held' && (!mayBeAlive(file.owner.process) || age > lockExpiry * 1000)) {
      await breakLock(path, file.owner.id);
      return true;
    }
    // A damaged file has no heartbeat, and after a power failure its time may be wrong, even in the future.
    if (file.is === 'damaged' && Math.abs(age) > lockExpiry * 1000) {
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
  const giveUp = (cause: string) => {
    clearInterval(timer);
    lost.abort(lostLock(path, `${operation} ${cause}`));
  };
  /** An unreadable file does not prove that the lock is lost. */
  const isOurs = () => {
    const file = inspectLock(path);
    return file.is === 'unreadable' || (file.is === 'held' && file.owner.id === owner.id);
  };
  const beat = async () => {
    const now = clock.now();
    if (now >= overdueAt) return giveUp('has taken longer than allowed, and gave up the lock');
    if (!isOurs()) return giveUp('has lost the lock: another command took it over or removed it');
    try {
      await utimes(path, now / 1000, now / 1000);
      beatAt = now;
    } catch (error) {
      if (now - beatAt > lockExpiry * 1000) giveUp(`could not keep the lock: ${(error as Error).message}`);
    }
  };
  const timer = setInterval(() => void beat(), heartbeat * 1000);
  timer.unref();
  return {
    lost: lost.signal,
    assertHeld() {
      if (!lost.signal.aborted && !isOurs()) giveUp('has lost the lock: another command took it over or removed it');
      lost.signal.throwIfAborted();
    },
    overdueAt(time) {
      overdueAt = time;
    },
    async release() {
      clearInterval(timer);
      const file = inspectLock(path);
      if (file.is === 'held' && file.owner.id === owner.id) await rm(path, { force: true }).catch(() => {});
    },
  };
}

function locked(file: LockFile, path: string): MayflyError {
  if (file.is !== 'held') {
    return new MayflyError('state_locked', {
      place: { file: path },
      cause: 'the lock file is damaged: its holder is unknown',
      remedy: `wait until the file is ${lockExpiry} s old: the next command then moves it aside; if no command holds the lock, run \`mayfly unlock --force\``,
    });
  }
  const { user, process, operation, since } = file.owner;
  return new MayflyError('state_locked', {
    place: { file: path },
    cause: `locked by ${user} on ${process.host.split(' ')[0]} (pid ${process.pid}), ${operation} since ${since}`,
    remedy: 'wait, or give --lock-timeout; if that process has certainly ended, run `mayfly unlock`',
  });
}

function lostLock(path: string, cause: string): MayflyError {
  return new MayflyError('state_locked', {
    place: { file: path },
    cause,
    remedy: 'run the same command again: it continues from the actual state',
  });
}
