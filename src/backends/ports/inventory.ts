import type { OwnedObject } from './owned-object.js';

/** Which objects of ours exist: the truth that plans, leases and lists are made of. Everything is found by labels. */
export interface Inventory {
  /** All objects of ours, or those of one worker. An object whose labels do not parse is left out. */
  list(worker?: string): Promise<OwnedObject[]>;
  /** The node's clock less ours, in milliseconds, as of its last answer. */
  clockSkew(): Promise<number>;
  /** Resolves when an event says that something may have ended or begun. `null`: the node reports no events. */
  readonly changed: ((signal: AbortSignal) => Promise<void>) | null;
  /** Milliseconds between two looks of a keeper, where a look is expensive. `null`: the keeper's own pace. */
  readonly lookEvery: number | null;
}
