import type { Inventory } from '../backends/ports/inventory.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import type { EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { currentLease, deadlineOf, dueReason, engineOf } from './deadline.js';
import { nodeNow } from './node-now.js';

/** Milliseconds in which the apply of another machine replaces an engine that has ended. */
const replacedWithin = 2000;

export interface OverOptions {
  backend: Inventory & { readonly name: string };
  layout: StateLayout;
  clock: Clock;
  signal?: AbortSignal;
}

/**
 * Whether a worker that is due may be ended from here. Another machine makes and changes its workers under a lock that this machine does
 * not see. So a worker of another machine without a lease is left to its apply, and one whose engine has ended gets a moment first.
 *
 * @param now by the node's clock
 */
export async function isOverForSure(
  worker: string,
  seen: readonly OwnedObject[],
  now: number,
  { backend, layout, clock, signal }: OverOptions,
): Promise<boolean> {
  if (now >= deadlineOf(seen).endsAt || (await layout.knows(backend.name, worker))) return true;
  await clock.sleep(replacedWithin, signal).catch(() => {});
  return currentLease(seen) !== undefined;
}

/** Judges a worker again: an engine that is another one than in `seen` was replaced, and its end is no reason any more. */
export function reasonSince(
  seen: readonly OwnedObject[],
  { backend, clock }: Pick<OverOptions, 'backend' | 'clock'>,
): (objects: readonly OwnedObject[]) => Promise<EndReason | null> {
  const engine = engineOf(seen)?.id;
  return async (objects) => {
    const reason = dueReason(objects, await nodeNow(backend, clock));
    return reason === 'engine_ended' && engineOf(objects)?.id !== engine ? null : reason;
  };
}
