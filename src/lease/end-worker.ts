import type { Backend } from '../backends/ports/backend.js';
import { containerStates } from '../backends/ports/containers.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { End, EndReason } from '../events.js';
import type { ContainerReport } from '../state/container-report.js';
import type { EndedLog } from '../state/ended-logs.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock, type Lock, LockUnavailable } from '../state/lock.js';
import { releaseCaches } from './cache-sweep.js';
import { isExpired } from './deadline.js';
import { endOf } from './end-detail.js';
import { endOnly, seenBefore } from './end-only.js';
import { readLogs } from './read-logs.js';
import type { Look } from './shared-look.js';
import { nodeNow } from './node-now.js';

export interface EndOptions {
  backend: Backend;
  worker: string;
  layout: StateLayout;
  clock: Clock;
  /** Decides from the worker's objects, under its lock, why it ends; `null`: it stays. */
  reason(objects: readonly OwnedObject[]): EndReason | null | Promise<EndReason | null>;
  /** The reason as a sentence, where the worker's objects do not show it; stored in the history. */
  detail?: string;
  operation: string;
  /** Seconds to wait for the worker's lock. */
  lockTimeout: number;
  /** Shared by ends at the same time; default: a look of this end alone. */
  look?: Look;
  /**
   * The worker's objects at the decision to end it. Where its lock cannot be written, only these objects are removed, without the lock,
   * and only if the worker has expired or a user asked to end it (`destroy`).
   */
  seen: readonly OwnedObject[];
  /** Called for failures that do not stop the end: a damaged lock file, a history that cannot be written. */
  warn(message: string): void;
  signal?: AbortSignal;
}

/** Operations that end a worker. Others wait up to `endingTimeout` seconds for them: longer than the TERM grace. */
const endings: ReadonlySet<string> = new Set(['destroy', 'gc', 'keeper']);
const endingTimeout = 60;
/** Seconds after which another operation may take the lock of an end that hangs. An end on AWS takes minutes. */
const endingOverdue = 900;

/** Whether the holder of a worker's lock ends the worker. */
export function isEnding({ operation }: { operation: string }): boolean {
  return endings.has(operation);
}

/** Returns the seconds to wait for a lock by its holder's operation: longer where the holder ends the worker. */
export function patientWithEndings(lockTimeout: number): (holder: { operation: string }) => number {
  return (holder) => (isEnding(holder) ? Math.max(lockTimeout, endingTimeout) : lockTimeout);
}

/** The operation of a user who asked for the end. */
const byUser = 'destroy';

/** The operation of a keeper. It never waits longer than its `lockTimeout`: it tries again at its next look. */
const keeper = 'keeper';

/**
 * Ends a worker by its labels: takes its lock, looks again, records its containers' states, removes all objects and then the local
 * state. Failed removals are retried; a failure is never reported as done.
 *
 * @returns its end; `null` where there was nothing to end
 */
export async function endWorker(options: EndOptions): Promise<End | null> {
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
    return reason === null ? null : await endLocked(held, reason, objects);
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

/**
 * Ends a worker whose lock cannot be written: a full or read-only disk must not keep a worker alive.
 *
 * @throws LockUnavailable if the worker has not expired and no user asked to end it
 */
async function endWithoutLock(options: EndOptions, look: Look, unavailable: LockUnavailable): Promise<End | null> {
  const { backend, worker, clock, seen, warn } = options;
  const objects = seenBefore(await look(worker), seen);
  if (objects.length === 0) return null;
  const reason = await options.reason(objects);
  if (reason === null) return null;
  if (options.operation !== byUser && !isExpired(objects, await nodeNow(backend, clock))) throw unavailable;
  warn(`${worker} is ended without its lock: ${unavailable.message}`);
  return finish(options, reason, objects, await removeAll({ ...options, look }, objects, seen));
}

/** Ends a worker whose lock the caller holds. `objects`: the worker's, if the caller has them. */
export async function endLocked(
  options: Omit<EndOptions, 'reason' | 'operation' | 'lockTimeout' | 'seen'>,
  reason: EndReason,
  objects: readonly OwnedObject[],
): Promise<End> {
  return finish(options, reason, objects, await removeAll(options, objects));
}

/** Removes an ended worker's local files, adds it to the history and frees its caches. Failures are warnings: the worker has ended. */
async function finish(
  options: Finishing,
  reason: EndReason,
  objects: readonly OwnedObject[],
  { containers, logs }: LastWords,
): Promise<End> {
  const { backend, worker, layout, clock, detail, warn } = options;
  const end = detail === undefined ? endOf(reason, objects, containers) : { reason, detail };
  // Files first: this frees space that the history may need.
  await forget(options);
  const entry = { worker, backend: backend.name, endpoint: backend.endpoint, ...end, endedAt: clock.now(), containers };
  const endedAt = await layout.history.add(entry).catch((error: unknown) => {
    warn(`${worker} has ended, but the reason could not be recorded: ${toMayflyError(error).message}`);
    return entry.endedAt;
  });
  if (logs.length > 0) {
    await layout.endedLogs
      .add(worker, endedAt, logs)
      .catch((error: unknown) => warn(`${worker} has ended, but its logs could not be stored: ${toMayflyError(error).message}`));
  }
  if (objects.some(({ cache }) => cache !== undefined)) await freeCaches(options);
  return end;
}

async function freeCaches({ backend, worker, clock, warn }: Finishing): Promise<void> {
  await releaseCaches(backend, worker, clock).catch((error: unknown) =>
    warn(`${worker} has ended, but its caches are not free yet: ${toMayflyError(error).message}; a keeper or \`mayfly gc\` frees them`),
  );
}

async function forget({ backend, worker, layout, warn }: Finishing): Promise<void> {
  await layout
    .forget(backend.name, worker)
    .catch((error: unknown) => warn(`${worker} has ended, but its local files could not be removed: ${toMayflyError(error).message}`));
}

type Finishing = Pick<EndOptions, 'backend' | 'worker' | 'layout' | 'clock' | 'detail' | 'warn'>;

interface LastWords {
  /** States before the stop, with last lines. */
  containers: ContainerReport[];
  logs: EndedLog[];
}

/** Milliseconds before each further try of a removal that failed. */
const pauses = [250, 500, 1000, 2000];

/**
 * Stops and removes the worker's objects. `seen`: only these, each looked at again before its removal.
 *
 * @returns reports and logs of the containers; no logs with `seen`: where a lock cannot be written, no log can
 */
async function removeAll(
  {
    backend,
    worker,
    clock,
    look = (name: string) => backend.list(name),
    warn,
    signal,
  }: Pick<EndOptions, 'backend' | 'worker' | 'clock' | 'look' | 'warn' | 'signal'>,
  objects: readonly OwnedObject[],
  seen?: readonly OwnedObject[],
): Promise<LastWords> {
  let remaining = objects;
  let words: LastWords | undefined;
  const lastWords = async (): Promise<LastWords> => {
    const names = containerStates(remaining, []).map(({ container }) => container);
    const [containers, logs] = await Promise.all([
      // A failed report must not keep a worker alive.
      backend.report(worker, remaining).catch(() => []),
      seen ? [] : readLogs(backend, { worker, containers: names, warn }),
    ]);
    return { containers, logs };
  };
  const removeOnce = async () => {
    signal?.throwIfAborted();
    // Without the lock, another worker of this name may start: then remove by id, not by name.
    const stopped = seen ? remaining : await backend.stop(worker, remaining, signal);
    words ??= await lastWords();
    if (seen) await endOnly(backend, look, remaining, signal);
    else await backend.remove({ worker, objects: stopped, may: null }, signal);
    const left = await look(worker);
    remaining = seen ? seenBefore(left, seen) : left;
    // Once the lock is lost, another command owns the worker's files and history.
    signal?.throwIfAborted();
    if (remaining.length === 0) return words;
    throw new MayflyError('destroy_failed', {
      place: { path: worker },
      cause: `still there: ${remaining.map(({ name }) => name).join(', ')}`,
      remedy: 'run `mayfly destroy` again, or `mayfly gc`',
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
