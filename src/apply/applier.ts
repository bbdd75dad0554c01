import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import type { Emit } from '../events.js';
import type { Existing } from '../plan/changes.js';
import type { Graph } from '../plan/graph.js';
import type { Change, Drift, Plan } from '../plan/plan.js';
import type { Stack, Variables } from '../plan/stack.js';
import type { BackendName, PullSecret } from '../spec/worker-spec.js';
import type { State } from '../state/records.js';
import type { WorkerDirectory } from '../state/worker-directory.js';

export type { ApplierName } from '../plan/plan.js';

export interface PlanContext {
  worker: string;
  backend: Backend;
  /** Read, never written. */
  directory: WorkerDirectory;
  stack: Stack;
  graph: Graph;
  variables: Variables;
  /** All of the worker's, by their labels. */
  objects: readonly OwnedObject[];
  /** What is remembered is of a life that is over: it counts for nothing. */
  anew: boolean;
  newId(): string;
  stop: AbortSignal;
  abort: AbortSignal;
}

/** What an apply would do to the resources, and what that was told from. */
export interface Planning {
  changes: Change[];
  drift: Drift[];
  /** Names of the outputs that will change. */
  outputs: string[];
  /** As it was found, before anything is adopted. */
  state: State;
  /** What is really there. */
  existing: ReadonlyMap<string, Existing>;
  /** For this applier's own `apply`, in this process: what it needs not tell again. */
  handover?: unknown;
}

export interface ApplyContext {
  backend: Backend;
  directory: WorkerDirectory;
  state: State;
  variables: Variables;
  handover?: unknown;
  clock: Clock;
  emit: Emit;
  newId(): string;
  parallelism: number;
  pullSecret(address: string): PullSecret | null;
  /** Aborted by the first Ctrl-C: what is in flight is finished and saved, nothing new is begun. */
  stop: AbortSignal;
  /** Aborted by the second: calls in flight are dropped. */
  abort: AbortSignal;
  /** Called right before each operation. @throws MayflyError `state_locked` when the worker's lock is another's now */
  assertHeld?(): void;
  /** Told of what is made. */
  made?: {
    /** Right before an object is made. */
    trying(address: string): void;
    /** The object was there by then: somebody else made it. */
    wasThere(id: string): void;
  };
}

/**
 * Tells what has to happen to a worker's resources, and does it. What each leaves the other takes over: the state is Terraform's, what
 * exists is found by its labels, and a plan is carried out as it was told.
 */
export interface Applier {
  /** Changes nothing: no backend object, no state. @throws MayflyError `applier_unavailable`, `applier_failed` */
  plan(context: PlanContext): Promise<Planning>;
  /** Leaves a state of Terraform's format in the worker's directory. @throws MayflyError `apply_failed`, `interrupted` */
  apply(plan: Plan, context: ApplyContext): Promise<State>;
  /** The outputs anew, with variables that are known only now; of the worker nothing changes. */
  settle(plan: Plan, context: ApplyContext): Promise<State>;
  /** Takes what is remembered of an ended worker away, where that isn't in its directory: a remote state. */
  forget?(ended: Pick<PlanContext, 'worker' | 'stop' | 'abort'> & { backend: BackendName }): Promise<void>;
}
