import { MayflyError } from '../../errors.js';
import { beginCall } from '../../worker/call.js';
import { destroyWorker } from '../../worker/destroy.js';
import type { Next, Run } from '../run.js';
import type { RunChange } from '../store/store.js';
import { placeOf, type Step } from './step.js';

/** `ending`: ends the worker, and stores the next state when a look that began later does not have it. */
export const end: Step = async (run, parts, { stop }) => {
  const { node, worker, watch } = await placeOf(run, parts);
  const { runtime, runs } = parts;
  const call = beginCall(runtime, { emit: (event) => parts.progress(run, event), stop, abort: stop });
  while ((await watch.look()).workers.has(worker)) {
    await destroyWorker(call, worker, { backend: node }).catch((error: unknown) => {
      if (!(error instanceof MayflyError) || error.code !== 'worker_unknown') throw error;
    });
  }
  const { next } = run;
  if (next === null) throw new Error(`the run ${run.id} ends without a next state`);
  const now = runtime.clock.now();
  await runs.change(run, changeTo(next, run, now), { type: next.state, data: dataOf(next) }, { number: run.attempt, endedAt: now });
};

function changeTo(next: Next, run: Run, now: number): RunChange {
  const { state, reason, exitCode } = next;
  if (state !== 'queued') return { state, reason, exitCode, next: null, completedAt: now };
  return { state, reason, next: null, node: null, worker: null, until: null, readyAt: null, ends: null, notBefore: run.notBefore };
}

function dataOf({ reason, exitCode }: Next): Record<string, unknown> {
  return { reason, ...(exitCode !== null && { exit_code: exitCode }) };
}
