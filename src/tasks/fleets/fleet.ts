import type { WorkerSpec } from '../../spec/worker-spec.js';

/**
 * A template of workers, and how many of them there are. Its workers are runs. Times and lengths in milliseconds, times since the epoch by the
 * service's clock.
 */
export interface Fleet {
  /** A UUID. */
  id: string;
  organisation: string;
  /** Unique among the fleets of its organisation that are not closed. */
  name: string;
  /** Raised by each change. A change is only stored over the revision that it was decided on. */
  revision: number;
  state: FleetState;
  /** Of each worker, without its secrets. */
  spec: WorkerSpec;
  /** The least workers. */
  min: number;
  /** The most workers. With `min` = `max` the fleet is static. */
  max: number;
  /** A worker without work is ended after this time, if more than `min` are left. */
  idle: number;
  /** The most of its workers that runs borrow as stealers at the same time. */
  aux: number;
  /** Labels that a node of its workers has. */
  nodes: Readonly<Record<string, string>>;
  /** Priority and labels of its runs. */
  priority: number;
  labels: Readonly<Record<string, string>>;
  createdAt: number;
  /** When its last worker was gone after its removal. */
  closedAt: number | null;
}

/** `closing`: it was removed, and its workers are being ended. */
export const fleetStates = ['open', 'closing', 'closed'] as const;
export type FleetState = (typeof fleetStates)[number];

/** The fields that change. The revision rises by itself. */
export type FleetChange = Partial<Pick<Fleet, 'state' | 'min' | 'max' | 'idle' | 'aux' | 'nodes' | 'priority' | 'labels' | 'closedAt'>>;

export interface FleetEvent {
  /** Rises over all fleets. */
  sequence: number;
  fleet: string;
  at: number;
  /**
   * `created`, `changed`, `removed`, `closed`: of the fleet. `grown`: a worker was queued. `refused`: more workers are needed, and a limit
   * forbids them. `start_failed`: a worker did not become ready. `freed`: a worker is ended. `task_…`: of a task that no worker has had.
   */
  type: string;
  /** JSON. */
  data: Readonly<Record<string, unknown>>;
}

export type NewFleetEvent = Pick<FleetEvent, 'at' | 'type' | 'data'>;
