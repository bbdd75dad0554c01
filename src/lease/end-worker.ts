import pRetry from 'p-retry';
import type { Backend, OwnedObject } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import type { EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock } from '../state/lock.js';

export interface EndOptions {
  backend: Backend;
  worker: string;
  layout: StateLayout;
  clock: Clock;
  /** Looks at the worker's objects under its lock; `null` leaves it alone. */
  reason(objects: readonly OwnedObject[]): EndReason | null;
  operation: string;
  /** Seconds to wait for the worker's lock. */
  lockTimeout: number;
  signal?: AbortSignal;
}

/** Who holds a lock to end the worker does what whoever wants to end it waits for; in seconds, a grace and more. */
const endings: ReadonlySet<string> = new Set(['destroy', 'gc', 'keeper']);
const endingTimeout = 60;

/** It looks again anyway. */
const keeper = 'keeper';

/**
 * Ends a worker by its labels: takes its lock, looks again, keeps how its containers did, removes everything and then its local
 * state. Failures are retried with backoff and never reported as done.
 *
 * @returns why it ended, `null` when there was nothing to end.
 */
export async function endWorker(options: EndOptions): Promise<EndReason | null> {
  const { backend, worker, layout, clock, operation, lockTimeout, signal } = options;
  const lock = await acquireLock(layout.lock(backend.name, worker), {
    operation,
    timeout: lockTimeout,
    timeoutFor: (holder) => (operation !== keeper && endings.has(holder.operation) ? Math.max(lockTimeout, endingTimeout) : lockTimeout),
    clock,
    ...(signal && { signal }),
  });
  try {
    const objects = await backend.list(worker);
    if (objects.length === 0) {
      await layout.worker(backend.name, worker).remove();
      return null;
    }
    const reason = options.reason(objects);
    if (reason !== null) await endLocked(options, reason);
    return reason;
  } finally {
    await lock.release();
  }
}

/** The same with the lock held by the caller. */
export async function endLocked(
  { backend, worker, layout, clock, signal }: Omit<EndOptions, 'reason' | 'operation' | 'lockTimeout'>,
  reason: EndReason,
) {
  // What is told of a worker never keeps it alive.
  const containers = await backend.report(worker).catch(() => []);
  await removeAll(backend, worker, signal);
  await layout.history.add({ worker, backend: backend.name, endpoint: backend.endpoint, reason, endedAt: clock.now(), containers });
  await layout.worker(backend.name, worker).remove();
}

async function removeAll(backend: Backend, worker: string, signal?: AbortSignal): Promise<void> {
  const removeOnce = async () => {
    await backend.end(worker, signal);
    const left = await backend.list(worker);
    if (left.length === 0) return;
    throw new MayflyError('destroy_failed', {
      place: { path: worker },
      cause: `still there: ${left.map(({ name }) => name).join(', ')}`,
      remedy: 'run `mayfly destroy` again, or let `mayfly gc` end it',
    });
  };
  await pRetry(removeOnce, { retries: 4, minTimeout: 250, factor: 2, ...(signal && { signal }) });
}
