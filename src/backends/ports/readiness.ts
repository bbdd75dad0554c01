import type { WorkerSpec } from '../../spec/worker-spec.js';

/** What readiness asks of a spec. */
export type ReadinessSpec = Pick<WorkerSpec, 'engine'> & Partial<Pick<WorkerSpec, 'containers' | 'service_containers'>>;

/** Something that a worker waits for. */
export interface Wait {
  container: string;
  /** `start`, `healthcheck`, `port 8080`; what is seen of it in parentheses. */
  for: string;
}

/** Why a worker does not get ready by waiting. */
export interface Failure {
  container: string;
  /** `ended with exit code 3`. */
  reason: string;
  remedy: string;
}

export interface Readiness {
  ready: boolean;
  waiting: Wait[];
  failed: Failure | null;
}
