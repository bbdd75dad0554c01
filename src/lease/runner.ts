import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { EndReason } from '../events.js';
import { hasEnded } from '../state/process-identity.js';
import { dueReason, isRetained } from './deadline.js';

/** The processes that `run` made objects of this worker for, as their names. Empty: `apply` made the worker. */
export function runnersOf(objects: readonly OwnedObject[]): string[] {
  return [...new Set(objects.flatMap(({ labels }) => labels.runner ?? []))];
}

/**
 * Whether `run` made the worker, and its process has certainly ended. `false` for a process that cannot be seen from here, such as another
 * host's, and for a retained worker.
 */
export function hasLostRunner(objects: readonly OwnedObject[]): boolean {
  const runners = runnersOf(objects);
  return runners.length > 0 && runners.every(hasEnded) && !isRetained(objects);
}

/**
 * Why this machine ends a worker at `now` (by the backend's clock); `null` while the worker may live. The lost runner comes before an ended
 * engine, as expiry does: an earlier try of this end, or another keeper, has most likely stopped the engine.
 */
export function reasonToEnd(objects: readonly OwnedObject[], now: number): EndReason | null {
  const due = dueReason(objects, now);
  return due !== 'expired' && hasLostRunner(objects) ? 'runner_gone' : due;
}
