import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock } from '../state/lock.js';
import { currentLease, engineOf, retentionOf } from './deadline.js';
import { nodeNow } from './node-now.js';
import type { Look } from './shared-look.js';

/** Seconds after which another operation may take over the lock of a retention that hangs: longer than the TERM grace. */
export const retainOverdue = 120;

export interface RetainOptions {
  backend: Pick<Backend, 'name' | 'stop' | 'writeLease' | 'clockSkew'>;
  worker: string;
  /** The worker's objects in the look that found its engine failed. */
  seen: readonly OwnedObject[];
  layout: StateLayout;
  clock: Clock;
  look: Look;
  warn(message: string): void;
  signal: AbortSignal;
}

/**
 * Keeps a worker whose engine has failed, as its lease asks for: stops its containers, then marks the lease. Killed in between, the next keeper
 * does it again.
 *
 * @returns whether it was retained: not where its engine was replaced, or another keeper was faster
 */
export async function retainFailedEngine({ backend, worker, seen, layout, clock, look, warn, signal }: RetainOptions): Promise<boolean> {
  const lock = await acquireLock(layout.lock(backend.name, worker), {
    ...{ operation: 'retain', timeout: 0, overdueAfter: retainOverdue, clock, below: layout.root, signal },
    onDamaged: (file) => warn(`a lock file was damaged and is now ${file}`),
  });
  try {
    const objects = await look(worker);
    const seconds = retentionOf(objects);
    if (seconds === null || engineOf(objects)?.id !== engineOf(seen)?.id) return false;
    lock.assertHeld();
    await backend.stop(worker, objects, signal);
    lock.assertHeld();
    const { endsAt, terms } = currentLease(objects)!;
    await backend.writeLease(worker, { ...terms, retained: true }, await retainedUntil(backend, clock, endsAt, seconds));
    return true;
  } finally {
    await lock.release();
  }
}

/** The end of a retained worker in seconds since the epoch: `seconds` from now, at most its own end. */
export async function retainedUntil(backend: RetainOptions['backend'], clock: Clock, endsAt: number, seconds: number): Promise<number> {
  return Math.floor(Math.min(endsAt, (await nodeNow(backend, clock)) + seconds * 1000) / 1000);
}
