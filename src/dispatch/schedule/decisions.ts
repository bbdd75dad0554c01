import type { Held } from './snapshot.js';

/** The output of a pass. The lists are in the order in which they were decided. */
export interface Decisions {
  /** Runs that start now. */
  placements: Placement[];
  /** All promises that hold now, also the unchanged ones. */
  reservations: Reservation[];
  /** Promises that do not hold any more. */
  moved: Moved[];
  /** For each run that still waits, the first reason. */
  waits: Map<string, Wait>;
}

export interface Placement {
  run: string;
  node: string;
}

export interface Reservation extends Held {
  run: string;
}

export interface Moved {
  run: string;
  before: Held;
  /** `null`: there is no promise any more. */
  after: Held | null;
  cause: Cause;
}

/** `kind`: of the closed list; `unknown` where the two snapshots do not show it. `by`: the run, worker or node that caused it. */
export interface Cause {
  kind: CauseKind;
  by: string | null;
}

export const causeKinds = [
  ...(['node_lost', 'node_closed', 'drained', 'higher_priority', 'extend_forced', 'foreign_worker'] as const),
  ...(['removal_late', 'settings_changed', 'clock_jump', 'attempt_failed', 'unknown'] as const),
] as const;
export type CauseKind = (typeof causeKinds)[number];

export type Wait =
  /** It has a promise. */
  | { code: 'reserved'; node: string; startsBy: number }
  /** Its pause after an attempt is not over. */
  | { code: 'not_before'; at: number }
  /** Its organisation has its most: `used` with `asks` would be above `most`. */
  | { code: 'organisation_most'; kind: 'cpu' | 'memory' | 'workers'; used: number; asks: number; most: number }
  /** All nodes that accept it take no runs now. */
  | { code: 'nodes_closed' }
  /** No node has room for it that no promise needs, and runs of its priority before it are reserved. */
  | { code: 'no_room' }
  /** No node has a known time at which it would fit. */
  | { code: 'no_known_end' }
  /** The pass started as many runs as it may. The next one looks at this run. */
  | { code: 'next_pass' };
