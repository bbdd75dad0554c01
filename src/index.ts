/**
 * The public API for programs: the command line's operations as functions. Every failure is a `MayflyError`.
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
  /** The environment in which settings and the daemon are found; default: the process's. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  onEvent?: Emit;
  /** On abort, all operations finish and save the calls in flight, and begin no others. Workers stay. */
  signal?: AbortSignal;
}

export interface CallOptions {
  backend?: BackendName;
  /** Refuse limits that the backend cannot enforce. */
  strict?: boolean;
  /** The origin of the spec, as `loadSpec` returns it; absent or `null`: no file. */
  origin?: string | null;
  /** On abort, this operation is cancelled. A worker that an `apply` was creating is removed again. */
  signal?: AbortSignal;
}

export interface Mayfly {
  /** Changes nothing. */
  plan(spec: WorkerSpec, options?: CallOptions): Promise<Plan>;
  /**
   * Creates or changes a worker. `plan`: an earlier plan, refused if the worker has changed since. `adopt`: also change a worker that was
   * made from a spec of another origin. @throws MayflyError `other_origin` without `adopt`
   */
  apply(spec: WorkerSpec, options?: CallOptions & { plan?: Plan; adopt?: boolean }): Promise<Applied>;
  destroy(worker: string, options?: Pick<CallOptions, 'backend' | 'signal'>): Promise<Destroyed>;
  /** Moves a worker's end by `seconds`; times in milliseconds since the epoch. */
  extend(worker: string, seconds: number, options?: Pick<CallOptions, 'backend' | 'signal'>): Promise<{ from: number; to: number }>;
  /** @throws MayflyError where a backend in use does not answer */
  list(): Promise<WorkerSummary[]>;
  /** Closes the backends' connections. */
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
