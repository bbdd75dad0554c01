import type { Clock } from '../../clock.js';
import type { Variables } from '../../plan/stack.js';
import type { Offer } from '../../spec/offer.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
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
  /**
   * Values of the stack's variables that no other backend has.
   *
   * @param names of all variables of the stack
   * @param drawn the values of those that every backend's workers have
   */
  ownVariables(names: readonly string[], source: VariableSource, drawn: Variables): Promise<Variables>;
  /** Where a ready worker is reached, on a node that decides this late. `null`: the address is known from the offer. */
  readonly address: ((worker: string) => Promise<string | null>) | null;
  /** How the backend's Terraform provider reaches the same node. `null`: there is no provider. */
  readonly provider: Provider | null;
}

export interface Provider {
  /** Added to the environment; `undefined` removes a variable. */
  env: Record<string, string | undefined>;
}

export interface VariableSource {
  spec: WorkerSpec;
  offer: Pick<Offer, 'facts'>;
  /** Of an earlier apply, or of the running worker. */
  kept: Variables;
  /** Whether something of the worker exists: its address and its owner are then as `kept` has them. */
  living: boolean;
  /** When the worker ends by its lease, in milliseconds since the epoch; `null`: it has no lease yet. */
  ends: number | null;
  /** Milliseconds since the epoch, by the node's clock. */
  now: number;
  /** How credentials of image registries are read. */
  registries: RegistryContext;
}

/** What is asked for a registry's credentials: the environment, and helpers that it names. */
export interface RegistryContext {
  env: Record<string, string | undefined>;
  clock: Clock;
  signal?: AbortSignal;
}
