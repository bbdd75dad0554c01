import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { EndReason } from '../events.js';
import type { ContainerReport } from '../state/container-report.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock, type Lock, LockUnavailable } from '../state/lock.js';
import { isExpired } from './deadline.js';
import { endOnly, seenBefore } from './end-only.js';
import type { Look } from './shared-look.js';

export interface EndOptions {
  backend: Backend;
  worker: string;
  layout: StateLayout;
  clock: Clock;
  /** Looks at the worker's objects under its lock; `null` leaves it alone. */
  reason(objects: readonly OwnedObject[]): EndReason | null | Promise<EndReason | null>;
  /** More about the reason, for people; kept with the history. */
  detail?: string;
  operation: string;
  /** Seconds to wait for the worker's lock. */
  lockTimeout: number;
  /** Shared with others that end at the same time; default: its own. */
  look?: Look;
  /**
   * The worker's objects as they were seen when it was decided to end it. Where its lock cannot be written, a worker that has expired,
   * or was named, is ended without the lock: of these objects alone.
   */
  seen: readonly OwnedObject[];
  /** Told of what went wrong beside the end itself: a damaged lock file, a history that cannot be written. */
  warn(message: string): void;
  signal?: AbortSignal;
}

/** Operations that end a worker. Others wait up to `endingTimeout` seconds for them: longer than the TERM grace. */
const endings: ReadonlySet<string> = new Set(['destroy', 'gc', 'keeper']);
const endingTimeout = 60;
/** Seconds after which an end that hangs gives its lock up, so that another can try; AWS takes minutes. */
const endingOverdue = 900;

/** How many seconds to wait for whom, `lockTimeout` where the holder is not about to end the worker. */
export function patientWithEndings(lockTimeout: number): (holder: { operation: string }) => number {
  return ({ operation }) => (endings.has(operation) ? Math.max(lockTimeout, endingTimeout) : lockTimeout);
}

/** It looks again anyway. */
const keeper = 'keeper';

/**
 * Ends a worker by its labels: takes its lock, looks again, keeps how its containers did, removes everything and then its local
 * state. Failures are retried with backoff and never reported as done.
 *
 * @returns why it ended, `null` when there was nothing to end.
 */
export async function endWorker(options: EndOptions): Promise<EndReason | null> {
  const { backend, worker, look = (name: string) => backend.list(name) } = options;
  const lock = await lockToEnd(options);
  if (lock instanceof LockUnavailable) return endWithoutLock(options, look, lock);
  const held = { ...options, signal: AbortSignal.any([lock.lost, ...(options.signal ? [options.signal] : [])]) };
  try {
    const objects = await look(worker);
    if (objects.length === 0) {
      await forget(options);
      return null;
    }
    const reason = await options.reason(objects);
    lock.assertHeld();
    if (reason !== null) await endLocked(held, reason, objects);
    return reason;
  } finally {
    await lock.release();
  }
}

async function lockToEnd({
  backend,
  worker,
  layout,
  clock,
  operation,
  lockTimeout,
  warn,
  signal,
}: EndOptions): Promise<Lock | LockUnavailable> {
  try {
    return await acquireLock(layout.lock(backend.name, worker), {
      operation,
      timeout: lockTimeout,
      timeoutFor: operation === keeper ? () => lockTimeout : patientWithEndings(lockTimeout),
      overdueAfter: endingOverdue,
      clock,
      below: layout.root,
      onDamaged: (file) => warn(`a lock file was damaged and is now ${file}`),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (error instanceof LockUnavailable) return error;
    throw error;
  }
}

/** A full or read-only disk keeps nobody alive. @throws LockUnavailable for a worker that is not expired and was not named */
async function endWithoutLock(options: EndOptions, look: Look, unavailable: LockUnavailable): Promise<EndReason | null> {
  const { backend, worker, clock, seen, warn } = options;
  const objects = seenBefore(await look(worker), seen);
  if (objects.length === 0) return null;
  const reason = await options.reason(objects);
  if (reason === null) return null;
  if (reason !== 'destroyed' && !isExpired(objects, clock.now() + (await backend.clockSkew()))) throw unavailable;
  warn(`${worker} is ended without its lock: ${unavailable.message}`);
  await finish(options, reason, await removeAll({ ...options, look }, objects, seen));
  return reason;
}

/** The same with the lock held by the caller. `objects` are the worker's, where somebody has looked already. */
export async function endLocked(
  options: Omit<EndOptions, 'reason' | 'operation' | 'lockTimeout' | 'seen'>,
  reason: EndReason,
  objects?: readonly OwnedObject[],
): Promise<void> {
  const { backend, worker } = options;
  await finish(options, reason, await removeAll(options, objects ?? (await backend.list(worker))));
}

/** Removes the local files of a worker that has ended and keeps why it did. It has ended also where that cannot be written. */
async function finish(options: Finishing, reason: EndReason, containers: ContainerReport[]): Promise<void> {
  const { backend, worker, layout, clock, detail, warn } = options;
  // First, since it frees space that the history may need.
  await forget(options);
  const entry = { worker, backend: backend.name, endpoint: backend.endpoint, reason, endedAt: clock.now(), containers };
  await layout.history
    .add({ ...entry, ...(detail !== undefined && { detail }) })
    .catch((error: unknown) => warn(`${worker} has ended, but why could not be written down: ${toMayflyError(error).message}`));
}

async function forget({ backend, worker, layout, warn }: Finishing): Promise<void> {
  await layout
    .forget(backend.name, worker)
    .catch((error: unknown) => warn(`${worker} has ended, but its local files could not be removed: ${toMayflyError(error).message}`));
}

type Finishing = Pick<EndOptions, 'backend' | 'worker' | 'layout' | 'clock' | 'detail' | 'warn'>;

/** Milliseconds before each further try of a removal that failed. */
const pauses = [250, 500, 1000, 2000];

/**
 * @param seen of these alone, each looked at again before it goes
 * @returns how its containers did until they were told to end, with what they said last.
 */
async function removeAll(
  {
    backend,
    worker,
    clock,
    look = (name: string) => backend.list(name),
    signal,
  }: Pick<EndOptions, 'backend' | 'worker' | 'clock' | 'look' | 'signal'>,
  objects: readonly OwnedObject[],
  seen?: readonly OwnedObject[],
): Promise<ContainerReport[]> {
  let known = objects;
  let reports: ContainerReport[] | undefined;
  const removeOnce = async () => {
    signal?.throwIfAborted();
    // By id, not by name, where no lock keeps another life of the worker from beginning.
    const stopped = seen ? known : await backend.stop(worker, known, signal);
    // A report that fails never keeps a worker alive.
    reports ??= await backend.report(worker, known).catch(() => []);
    if (seen) await endOnly(backend, look, known, signal);
    else await backend.remove({ worker, objects: stopped, may: null }, signal);
    const left = await look(worker);
    known = seen ? seenBefore(left, seen) : left;
    // Once the lock is lost, the files and the history of the worker are another command's.
    signal?.throwIfAborted();
    if (known.length === 0) return reports;
    throw new MayflyError('destroy_failed', {
      place: { path: worker },
      cause: `still there: ${known.map(({ name }) => name).join(', ')}`,
      remedy: 'run `mayfly destroy` again, or let `mayfly gc` end it',
    });
  };
  for (const pause of pauses) {
    try {
      return await removeOnce();
    } catch {
      await clock.sleep(pause, signal);
    }
  }
  return removeOnce();
}
