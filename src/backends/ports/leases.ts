import type { HistoryEntry } from '../../state/history-entry.js';
import type { LeaseTerms } from '../shared/own-labels.js';

/** What says and ensures that a worker ends. */
export interface Leases {
  /** Writes the worker's lease before it removes older ones. `ends`: seconds since the epoch, by the node's clock. */
  writeLease(worker: string, terms: LeaseTerms, ends: number): Promise<void>;
  /** A scheduler of the node's own that ends workers by itself, made before anything that computes. */
  readonly scheduler: Scheduler | null;
  /** Keepers that live on the node itself, and outlive every client. */
  readonly residents: Residents | null;
}

export interface Scheduler {
  /** `EventBridge Scheduler`. */
  name: string;
  /** The type of its objects. A worker without one is not scheduled. */
  type: string;
}

export interface Residents {
  /** The name of the keeper that runs on the node; `null` when none does. */
  find(): Promise<string | null>;
  /** How lives of a worker ended in the last 7 days, as a resident keeper recorded them. */
  history(worker: string): Promise<HistoryEntry[]>;
}
