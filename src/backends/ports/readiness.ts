import type { WorkerSpec } from '../../spec/worker-spec.js';

/** The part of a spec that readiness needs. */
export type ReadinessSpec = Pick<WorkerSpec, 'engine'> & Partial<Pick<WorkerSpec, 'containers' | 'service_containers'>>;

/** A condition that a worker waits for. */
export interface Wait {
  container: string;
  /** `start`, `healthcheck` or `port 8080`; its last result in parentheses. */
  for: string;
  /** Its end changes the worker's objects in `Inventory.list`. */
  listed?: true;
}

/** A failure after which waiting does not make the worker ready. */
export interface Failure {
  container: string;
  /** Follows the container's name: `ended with exit code 3`. */
  reason: string;
  remedy: string;
}

export interface Readiness {
  ready: boolean;
  waiting: Wait[];
  failed: Failure | null;
}
