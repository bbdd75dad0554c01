import type { Clock } from '../../clock.js';
import type { Stack, Variables } from '../../plan/stack.js';
import type { Offer } from '../../spec/offer.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Driver } from './driver.js';
import type { Readiness, ReadinessSpec } from './readiness.js';

/** Used by appliers and by `worker/apply` to make a worker. */
export interface Making {
  /** Drivers by resource type. */
  readonly drivers: Record<string, Driver>;
  /** Creates missing objects that all workers share and no stack has. A plan never calls it. */
  prepare(): Promise<void>;
  /** Whether the worker is ready. */
  readiness(worker: string, spec: ReadinessSpec): Promise<Readiness>;
  /** The values of the stack's variables in the running worker; `null` where they cannot be read. */
  recoverVariables(worker: string): Promise<Variables | null>;
  /**
   * Values of the stack's variables that only this backend has.
   *
   * @param names of all variables of the stack
   * @param drawn values of the variables that all backends have
   */
  ownVariables(names: readonly string[], source: VariableSource, drawn: Variables): Promise<Variables>;
  /** The address of a ready worker, on a node that assigns it late. `null`: the offer has the address. */
  readonly address: ((worker: string) => Promise<string | null>) | null;
  /** Settings with which the Terraform provider reaches the same node. `null`: there is no provider. */
  readonly provider: Provider | null;
}

export interface Provider {
  /** Added to the environment; `undefined` removes a variable. */
  env: Record<string, string | undefined>;
  /** Why the provider would make another worker of this stack than the drivers; `null`: it makes the same. Absent: always the same. */
  refusal?(stack: Stack): { cause: string; remedy: string } | null;
}

export interface VariableSource {
  spec: WorkerSpec;
  offer: Pick<Offer, 'facts'>;
  /** Values of an earlier apply, or of the running worker. */
  kept: Variables;
  /** Whether the worker has objects: then its address and owner are those in `kept`. */
  living: boolean;
  /** When the worker ends by its lease, in milliseconds since the epoch; `null`: it has no lease yet. */
  ends: number | null;
  /** Milliseconds since the epoch, by the node's clock. */
  now: number;
  /** The context for credentials of image registries. */
  registries: RegistryContext;
}

/** The sources of a registry's credentials: the environment, and helper programs found with it. */
export interface RegistryContext {
  env: Record<string, string | undefined>;
  clock: Clock;
  signal?: AbortSignal;
}
