import type { OwnedObject } from './owned-object.js';

/** Finds our objects by their labels. Plans, leases and lists are computed from them. */
export interface Inventory {
  /** All objects of ours, or those of one worker. An object whose labels do not parse is left out. */
  list(worker?: string): Promise<OwnedObject[]>;
  /** The node's clock minus ours, in milliseconds, at its last answer. */
  clockSkew(): Promise<number>;
  /** Resolves at an event after which an object may have started or ended. `null`: the node reports no events. */
  readonly changed: ((signal: AbortSignal) => Promise<void>) | null;
  /** Milliseconds between two looks where a look is expensive. `null`: the default pace. */
  readonly lookEvery: number | null;
}
