import type { TaskResources } from '../worker.js';
import type { FleetSettings } from './settings.js';
import type { Starts } from './starts.js';

/** Resources for tasks, by container. */
export type Rooms = Readonly<Record<string, TaskResources>>;

/**
 * The input of a decision about the size of a fleet: plain values. Times in milliseconds since the epoch by the service's clock, lengths in
 * milliseconds, money in millionths of a US dollar.
 */
export interface FleetSnapshot {
  now: number;
  /** The owner of the workers. */
  of: 'fleet' | 'run';
  /** See `Fleet`. */
  min: number;
  max: number;
  idle: number;
  /** Whether the fleet was removed. */
  closing: boolean;
  workers: readonly FleetWorker[];
  /** Tasks that wait, in their turn. */
  demand: readonly Need[];
  /** A worker that is new. `life`: from the moment at which it is ready. `modules`: whether it is for modules of WebAssembly too; absent: it is. */
  template: { rooms: Rooms; life: number; modules?: boolean };
  /** Nodes that accept the template and have its labels, with the number of further workers that fit now. For modules, those that run them. */
  offers: readonly FleetOffer[];
  /** Limits of the organisation, or of the fleet that lends the workers, each as the number of further workers. */
  limits: readonly FleetLimit[];
  /** The rest of the organisation's budget for this month; `null`: it has none. */
  budget: number | null;
  starts: Starts;
  settings: FleetSettings;
}

export interface FleetWorker {
  /** The id of its run. */
  run: string;
  /** `starting`: from its run's queue to a ready worker. */
  state: 'starting' | 'ready';
  /** Millionths of a US dollar an hour. */
  price: number;
  /** When it ends at the latest; `null` while it is starting. */
  ends: number | null;
  /** From its run's begin in the queue until it was ready; `null` while it is starting. */
  startTook: number | null;
  /** Resources that no task uses. */
  free: Rooms;
  /** Since when it has no work, or waits for a node; `null`: it has work, or is being made. */
  idleSince: number | null;
  /** Why it takes no tasks any more, before its end; `null`: it takes them. */
  broken: string | null;
  /** Whether it runs modules of WebAssembly, or has no node yet. */
  modules: boolean;
}

/** Tasks that ask for the same. */
export interface Need {
  /** The first one that asks, for events: `task ID`. */
  by: string;
  container: string;
  asks: TaskResources;
  timeout: number;
  /** Whether they are modules of WebAssembly; absent: commands. */
  modules?: boolean;
  count: number;
}

export interface FleetOffer {
  node: string;
  /** Millionths of a US dollar an hour. */
  perHour: number;
  /** The highest cost of a worker, in millionths of a US dollar. */
  most: number;
  /** Further workers that fit now. */
  room: number;
}

export interface FleetLimit {
  code: 'organisation' | 'lender';
  left: number;
  /** One sentence. */
  reason: string;
}
