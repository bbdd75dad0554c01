import type { Variables } from '../../plan/stack.js';
import type { Driver } from './driver.js';
import type { Readiness, ReadinessSpec } from './readiness.js';

/** Used by appliers and by `worker/apply` to make a worker. */
export interface Making {
  /** One a resource type. */
  readonly drivers: Record<string, Driver>;
  /** Makes what all workers share and no stack holds, when it is missing. Never called by a plan. */
  prepare(): Promise<void>;
  /** Whether the worker does what its spec asks. */
  readiness(worker: string, spec: ReadinessSpec): Promise<Readiness>;
  /** The stack's variables as the running worker has them; `null` when they cannot be read. */
  recoverVariables(worker: string): Promise<Variables | null>;
  /** Where a ready worker is reached, on a node that decides this late. `null`: the address is known from the offer. */
  readonly address: ((worker: string) => Promise<string | null>) | null;
  /** How the backend's Terraform provider reaches the same node. `null`: there is no provider. */
  readonly provider: Provider | null;
}

export interface Provider {
  /** Added to the environment; `undefined` removes a variable. */
  env: Record<string, string | undefined>;
}
