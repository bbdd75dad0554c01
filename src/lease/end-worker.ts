import pRetry from 'p-retry';
import type { Backend, OwnedObject } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import type { EndReason } from '../events.js';
import type { ContainerReport } from '../state/container-report.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock } from '../state/lock.js';
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
  signal?: AbortSignal;
}

/** Who holds a lock to end the worker does what whoever wants to end it waits for; in seconds, a grace and more. */
const endings: ReadonlySet<string> = new Set(['destroy', 'gc', 'keeper']);
const endingTimeout = 60;

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
  const { backend, worker, layout, clock, operation, lockTimeout, look = (name: string) => backend.list(name), signal } = options;
  const lock = await acquireLock(layout.lock(backend.name, worker), {
    operation,
    timeout: lockTimeout,
    timeoutFor: operation === keeper ? () => lockTimeout : patientWithEndings(lockTimeout),
    clock,
    below: layout.root,
    ...(signal && { signal }),
  });
  try {
    const objects = await look(worker);
    if (objects.length === 0) {
      await layout.forget(backend.name, worker);
      return null;
    }
    const reason = await options.reason(objects);
    if (reason !== null) await endLocked(options, reason, objects);
    return reason;
  } finally {
    await lock.release();
  }
}

/** The same with the lock held by the caller. `objects` are the worker's, where somebody has looked already. */
export async function endLocked(
  options: Omit<EndOptions, 'reason' | 'operation' | 'lockTimeout'>,
  reason: EndReason,
  objects?: readonly OwnedObject[],
): Promise<void> {
  const { backend, worker, layout, clock, detail } = options;
  const containers = await removeAll(options, objects ?? (await backend.list(worker)));
  // First, since it frees space that the history may need.
  await layout.forget(backend.name, worker);
  await layout.history.add({
    worker,
    backend: backend.name,
    endpoint: backend.endpoint,
    reason,
    ...(detail !== undefined && { detail }),
    endedAt: clock.now(),
    containers,
  });
}

/** @returns how its containers did until they were told to end, with what they said last. */
async function removeAll(
  { backend, worker, look = (name: string) => backend.list(name), signal }: Pick<EndOptions, 'backend' | 'worker' | 'look' | 'signal'>,
  objects: readonly OwnedObject[],
): Promise<ContainerReport[]> {
  let known = objects;
  let reports: ContainerReport[] | undefined;
  const removeOnce = async () => {
    await backend.stop(worker, signal, known);
    // What is told of a worker never keeps it alive.
    reports ??= await backend.report(worker, known).catch(() => []);
    await backend.end(worker, signal, known.map(stopped));
    known = await look(worker);
    if (known.length === 0) return reports;
    throw new MayflyError('destroy_failed', {
      place: { path: worker },
      cause: `still there: ${known.map(({ name }) => name).join(', ')}`,
      remedy: 'run `mayfly destroy` again, or let `mayfly gc` end it',
    });
  };
  return pRetry(removeOnce, { retries: 4, minTimeout: 250, factor: 2, ...(signal && { signal }) });
}

function stopped(object: OwnedObject): OwnedObject {
  return object.status === 'running' ? { ...object, status: 'exited' } : object;
}
