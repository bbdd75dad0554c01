import type { Resources } from '../../spec/worker-spec.js';

/**
 * The input of a pass: plain values that survive JSON, so that a log of snapshots replays to the same decisions. Times in milliseconds
 * since the epoch, lengths in milliseconds, resources in millicores and MB.
 */
export interface Snapshot {
  now: number;
  nodes: readonly NodeState[];
  /** Runs without a node, and bids. */
  waiting: readonly WaitingRun[];
  /** One that is missing has no limits and no guarantee. */
  organisations: Readonly<Record<string, Organisation>>;
  /** Names of the nodes that accept a spec, the cheapest first, by the key that a request has as its `class`. */
  classes: Readonly<Record<string, readonly string[]>>;
  settings: ScheduleSettings;
}

export interface ScheduleSettings {
  /** The most reserved runs of one priority that could use the same node. */
  depth: number;
  /** The most runs that a pass starts. */
  batch: number;
}

/** A configured node, also one that takes no run now. */
export interface NodeState {
  name: string;
  /** `null`: not limited. */
  capacity: NodeCapacity;
  /** The most workers that are being made at once; `null`: not limited. */
  making: number | null;
  /** Why it takes no run now; `null`: it takes runs. */
  closed: Closed | null;
  /** It is drained: no worker on it may end later. `null`: it is not drained. */
  emptyBy: number | null;
  /** It costs money. Runs avoid it while another node promises a start in time. */
  paid: boolean;
  /** Its clock minus ours. All times here are by our clock: it only explains changed ones. */
  skew: number;
  busy: readonly Busy[];
}

/** Why a node takes no runs. These words are also causes of moved promises. */
export type Closed = 'node_lost' | 'node_closed' | 'drained';

/** `workers`: how many at the same time. */
export interface NodeCapacity extends Readonly<Record<keyof Resources, number | null>> {
  workers: number | null;
}

/** A worker that a node has or may have. */
export interface Busy {
  /** Its run's id, or the name of a worker that no run has. */
  id: string;
  /** `null`: no run of this service has it. */
  organisation: string | null;
  asks: Resources;
  /** Its latest end, with all margins; `null`: it has no known end. */
  until: number | null;
  /** It is being made until then at the latest; `null`: it is made. */
  makingUntil: number | null;
}

/** The part of a run that decides where it fits. Identical requests should be the same object: each object is decided once. */
export interface Request {
  asks: Resources;
  /** The longest time from the start to the end, with all margins. */
  life: number;
  /** The part of `life` in which its worker may still be being made. */
  making: number;
  /** A key of the snapshot's `classes`. */
  class: string;
}

export interface WaitingRun {
  id: string;
  organisation: string;
  /** Higher first. */
  priority: number;
  createdAt: number;
  request: Request;
  /** A node that is left out where others accept it. */
  avoid: string | null;
  /** Of a bid: when it expires. It starts when it is accepted, which is then at the latest. */
  notBefore: number | null;
  /** No pass has looked at it since it began to wait. Only then it may move promises of lower priority. */
  fresh: boolean;
  /** An offer that nobody has accepted: it is planned behind all others and never started. */
  bid: boolean;
  /** A paid node is used rather than waiting longer than this after `createdAt`; `null`: it has no such limit. */
  maxWait: number | null;
  /** The reservation of an earlier pass. */
  held: Held | null;
}

/** A promise: the run starts on the node at this time or earlier. */
export interface Held {
  node: string;
  startsBy: number;
  /** Lower ones were reserved earlier. */
  order: number;
}

/** Millicores, MB, workers. A missing one is not limited. */
export interface Most {
  cpu?: number | undefined;
  memory?: number | undefined;
  workers?: number | undefined;
}

export interface Organisation {
  /** The most that it has at the same time, reservations and bids among them. */
  most: Most;
  /** It is served first below this. */
  guaranteed: { cpu?: number | undefined; memory?: number | undefined };
}
