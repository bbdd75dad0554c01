import type { Inventory } from '../backends/ports/inventory.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import type { EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { currentLease, deadlineOf, engineOf } from './deadline.js';
import { nodeNow } from './node-now.js';
import { hasLostRunner, reasonToEnd } from './runner.js';

/** Milliseconds to wait for another machine's apply to replace an ended engine. */
const replacedWithin = 2000;

export interface MayEndOptions {
  backend: Inventory & { readonly name: string };
  layout: StateLayout;
  clock: Clock;
  signal?: AbortSignal;
}

/**
 * Whether this machine may end a due worker. An apply of another machine may be changing it under a lock that this machine cannot see: then
 * a worker without a lease is left to its apply, and an ended engine counts only after a moment. A lost runner was the only one to change it.
 *
 * @param now by the node's clock
 */
export async function mayEnd(
  worker: string,
  seen: readonly OwnedObject[],
  now: number,
  { backend, layout, clock, signal }: MayEndOptions,
): Promise<boolean> {
  if (now >= deadlineOf(seen).endsAt || hasLostRunner(seen) || (await layout.knows(backend.name, worker))) return true;
  await clock.sleep(replacedWithin, signal).catch(() => {});
  return currentLease(seen) !== undefined;
}

/** Returns a function that decides again why a worker ends. An ended engine counts only if it is still the one in `seen`, not replaced. */
export function reasonSince(
  seen: readonly OwnedObject[],
  { backend, clock }: Pick<MayEndOptions, 'backend' | 'clock'>,
): (objects: readonly OwnedObject[]) => Promise<EndReason | null> {
  const engine = engineOf(seen)?.id;
  return async (objects) => {
    const reason = reasonToEnd(objects, await nodeNow(backend, clock));
    return reason === 'engine_ended' && engineOf(objects)?.id !== engine ? null : reason;
  };
}
