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
  /** Only read, never written. */
  directory: WorkerDirectory;
  stack: Stack;
  graph: Graph;
  variables: Variables;
  /** All objects of the worker, found by their labels. */
  objects: readonly OwnedObject[];
  /** The state is that of an expired worker of this name: ignore it. */
  ignoreState: boolean;
  newId(): string;
  stop: AbortSignal;
  abort: AbortSignal;
}

/** The changes that an apply would make, and the state and objects that they were computed from. */
export interface Planning {
  changes: Change[];
  drift: Drift[];
  /** Names of the outputs that will change. */
  outputs: string[];
  /** The state as read, before anything is adopted. */
  state: State;
  /** Existing resources by address. */
  existing: ReadonlyMap<string, Existing>;
  /** Data that this applier's own `apply` reuses in the same process. */
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
  /** Aborted by the first Ctrl-C: running calls are finished and saved, no new call begins. */
  stop: AbortSignal;
  /** Aborted by the second Ctrl-C: running calls are dropped. */
  abort: AbortSignal;
  /** Called right before each operation. @throws MayflyError `state_locked` if another process has taken the worker's lock */
  assertHeld?(): void;
  /** Callbacks about objects that are made. */
  made?: {
    /** Right before an object is made. */
    trying(address: string): void;
    /** The object already existed: another process has made it. */
    wasThere(id: string): void;
  };
}

/**
 * Plans the changes of a worker's resources, and carries them out. Each applier can continue the work of another one: the state is
 * Terraform's, and existing objects are found by their labels. A plan is carried out exactly as approved.
 */
export interface Applier {
  /** Changes nothing: no backend object, no state. @throws MayflyError `applier_unavailable`, `applier_failed` */
  plan(context: PlanContext): Promise<Planning>;
  /** Writes a state in Terraform's format into the worker's directory. @throws MayflyError `apply_failed`, `interrupted` */
  apply(plan: Plan, context: ApplyContext): Promise<State>;
  /** Evaluates the outputs again, with variables that are known only after the apply. Changes nothing of the worker. */
  settle(plan: Plan, context: ApplyContext): Promise<State>;
  /** Removes an ended worker's state, if that is not in its directory: a remote state. */
  forget?(ended: Pick<PlanContext, 'worker' | 'stop' | 'abort'> & { backend: BackendName }): Promise<void>;
}
