import type { EndedLog } from '../../state/ended-logs.js';
import type { HistoryEntry } from '../../state/history-entry.js';
import type { LeaseTerms } from '../shared/own-labels.js';

/** Records and ensures the end of a worker. */
export interface Leases {
  /** Writes a worker's lease, then removes older ones. `ends`: seconds since the epoch, by the node's clock. */
  writeLease(worker: string, terms: LeaseTerms, ends: number): Promise<void>;
  /** A scheduler on the node that ends workers by itself. Its objects are created before those that compute. */
  readonly scheduler: Scheduler | null;
  /** Keepers that live on the node itself, and outlive every client. */
  readonly residents: Residents | null;
}

export interface Scheduler {
  /** Such as `EventBridge Scheduler`. */
  name: string;
  /** The type of its objects. A worker without one is not scheduled. */
  type: string;
}

export interface Residents {
  /** The name of the keeper that runs on the node; `null` where none runs. */
  find(): Promise<string | null>;
  /** Whether a keeper runs on the node that ends a worker at the `until` in its labels. `false` for one of an earlier version. */
  obeysUntil(): Promise<boolean>;
  /** A resident keeper's records of how workers of this name ended in the last 7 days. */
  history(worker: string): Promise<HistoryEntry[]>;
  /** The logs that a resident keeper stored at the end of a worker. `endedAt`: of its record. `null` where it stored none. */
  logs(worker: string, endedAt: number): Promise<EndedLog[] | null>;
}
