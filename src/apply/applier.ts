import type { Backend } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import type { Emit } from '../events.js';
import type { Plan } from '../plan/plan.js';
import type { Variables } from '../plan/stack.js';
import type { PullSecret } from '../spec/worker-spec.js';
import type { State } from '../state/records.js';
import type { WorkerDirectory } from '../state/worker-directory.js';

export interface ApplyContext {
  backend: Backend;
  directory: WorkerDirectory;
  state: State;
  variables: Variables;
  clock: Clock;
  emit: Emit;
  newId(): string;
  parallelism: number;
  pullSecret(address: string): PullSecret | null;
  /** Aborted by the first Ctrl-C: what is in flight is finished and saved, nothing new is begun. */
  stop: AbortSignal;
  /** Aborted by the second: calls in flight are dropped. */
  abort: AbortSignal;
}

/** Carries out a plan and leaves a state of Terraform's format. @throws MayflyError `apply_failed`, `interrupted` */
export interface Applier {
  apply(plan: Plan, context: ApplyContext): Promise<State>;
  /** The outputs anew, with variables that are known only now; nothing else changes. */
  settle(plan: Plan, context: ApplyContext): Promise<State>;
}
