import type { Inventory } from '../backends/ports/inventory.js';
import { sizesEvery } from '../backends/ports/sizes.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import type { EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { currentLease, deadlineOf, engineOf } from './deadline.js';
import { nodeNow } from './node-now.js';
import { paceOf } from './pace.js';
import { hasLostRunner, reasonToEnd } from './runner.js';

/** Milliseconds to wait for another machine's apply to replace an ended engine. */
const replacedWithin = 2000;

/** Milliseconds that a worker's own keeper has for its end, counted from the look that shows it. */
const ownKeeperWithin = 5000;

export interface MayEndOptions {
  backend: Inventory & { readonly name: string };
  layout: StateLayout;
  clock: Clock;
  /** Whether the keeper of the machine that made a worker comes first: its history is where the worker's user looks for the reason. */
  ownKeeperFirst: boolean;
  signal?: AbortSignal;
}

/**
 * Whether this machine may end a due worker; returns after the time that the worker's own machine has for it. An apply of another machine may
 * be changing the worker under a lock that this machine cannot see: then a worker without a lease is left to its apply, and an ended engine
 * counts only after a moment. A lost runner was the only one to change it.
 *
 * @param now by the node's clock
 */
export async function mayEnd(worker: string, seen: readonly OwnedObject[], now: number, options: MayEndOptions): Promise<boolean> {
  const { backend, layout, clock, ownKeeperFirst, signal } = options;
  if (await layout.knows(backend.name, worker)) return true;
  const certain = now >= deadlineOf(seen).endsAt || hasLostRunner(seen);
  if (ownKeeperFirst) await clock.sleep(paceOf(backend).keeper + ownKeeperWithin, signal).catch(() => {});
  else if (!certain) await clock.sleep(replacedWithin, signal).catch(() => {});
  return certain || currentLease(seen) !== undefined;
}

/**
 * Returns after the time that a worker's own keeper has to measure its sizes, and to end it for one; at the worker's deadline at the latest.
 *
 * @param endsAt by this machine's clock
 */
export async function ownKeeperHasMeasured(worker: string, endsAt: number, options: MayEndOptions): Promise<void> {
  const { backend, layout, clock, ownKeeperFirst, signal } = options;
  if (!ownKeeperFirst || (await layout.knows(backend.name, worker))) return;
  await clock.sleep(Math.min(sizesEvery + ownKeeperWithin, Math.max(0, endsAt - clock.now())), signal).catch(() => {});
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
