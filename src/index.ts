/**
 * The public API for programs: what the command line does, as functions. Every failure is a `MayflyError`.
 *
 * ```ts
 * const mayfly = await openMayfly({ onEvent: (event) => console.log(event.type) });
 * const { spec } = await loadSpec('ci.yaml');
 * const { outputs, ends } = await mayfly.apply(spec);
 * await mayfly.destroy(spec.name);
 * mayfly.close();
 * ```
 */
import { composeRuntime } from './runtime/compose.js';
import { findSettings } from './runtime/settings.js';
import type { Emit } from './events.js';
import { beginCall } from './worker/call.js';
import type { Plan } from './plan/plan.js';
import type { BackendName, WorkerSpec } from './spec/worker-spec.js';
import { type Applied, applyWorker } from './worker/apply.js';
import { type Destroyed, destroyWorker } from './worker/destroy.js';
import { extendWorker } from './worker/extend.js';
import { listWorkers, type WorkerSummary } from './worker/list.js';
import { planWorker } from './worker/plan.js';

export interface MayflyOptions {
  /** Where settings and the daemon are looked for; the process's own by default. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  onEvent?: Emit;
  /** Aborted: all operations finish and save what is in flight, and begin nothing new. Workers stay. */
  signal?: AbortSignal;
}

export interface CallOptions {
  backend?: BackendName;
  /** Refuse limits that the backend cannot enforce. */
  strict?: boolean;
  /** Where the spec comes from, as `loadSpec` reports it; absent or `null`: from no file. */
  origin?: string | null;
  /** Aborted: this operation is cancelled. A worker that an `apply` has begun is removed again. */
  signal?: AbortSignal;
}

export interface Mayfly {
  /** Changes nothing. */
  plan(spec: WorkerSpec, options?: CallOptions): Promise<Plan>;
  /**
   * `plan`: one made before, refused when the worker has changed since. `adopt`: change a worker that was made from a spec of another
   * origin. @throws MayflyError `other_origin` without it
   */
  apply(spec: WorkerSpec, options?: CallOptions & { plan?: Plan; adopt?: boolean }): Promise<Applied>;
  destroy(worker: string, options?: Pick<CallOptions, 'backend' | 'signal'>): Promise<Destroyed>;
  /** Moves a worker's end by `seconds`; times in milliseconds since the epoch. */
  extend(worker: string, seconds: number, options?: Pick<CallOptions, 'backend' | 'signal'>): Promise<{ from: number; to: number }>;
  /** @throws MayflyError where a backend in use does not answer */
  list(): Promise<WorkerSummary[]>;
  /** Lets go of the backends' connections. */
  close(): void;
}

export async function openMayfly(options: MayflyOptions = {}): Promise<Mayfly> {
  const env = options.env ?? process.env;
  const { settings, stateDir } = await findSettings(options.cwd ?? process.cwd(), env, {});
  const runtime = composeRuntime({ env, stateDir, settings });
  const begin = (cancelled?: AbortSignal) => beginCall(runtime, { emit: options.onEvent, stop: options.signal, cancelled });
  return {
    plan: async (spec, { strict = false, signal, ...rest } = {}) => (await planWorker(begin(signal), spec, { strict, ...rest })).plan,
    apply: (spec, { strict = false, plan, signal, ...rest } = {}) =>
      applyWorker(begin(signal), spec, { strict, ...rest, ...(plan && { saved: plan }) }),
    destroy: (worker, { signal, ...rest } = {}) => destroyWorker(begin(signal), worker, rest),
    extend: (worker, seconds, { backend, signal } = {}) => extendWorker(begin(signal), worker, seconds, backend),
    async list() {
      const { workers, unreachable } = await listWorkers(begin());
      const missing = unreachable.find(({ inUse }) => inUse);
      if (missing) throw missing.error;
      return workers;
    },
    close: runtime.close,
  };
}

export { type ErrorCode, MayflyError, type Problem } from './errors.js';
export type { MayflyEvent } from './events.js';
export type { Plan } from './plan/plan.js';
export type { LoadedSpec } from './spec/index.js';
export { loadSpec, loadSpecs } from './runtime/load-spec.js';
export type { WorkerSpec } from './spec/worker-spec.js';
export type { Applied } from './worker/apply.js';
export type { Destroyed } from './worker/destroy.js';
export type { WorkerSummary } from './worker/list.js';
