import type { OwnedObject } from '../../backends/ports/owned-object.js';
import { MayflyError } from '../../errors.js';
import { dispatcherOf, organizationOf } from '../../lease/birth.js';
import { isRetained } from '../../lease/deadline.js';
import { beginCall } from '../../worker/call.js';
import { destroyWorker } from '../../worker/destroy.js';
import { latestEndOf } from '../nodes/fence.js';
import type { Next, Run } from '../run.js';
import type { RunChange } from '../store/store.js';
import { placeOf, type Parts, type Step } from './step.js';

/** `ending`: ends the worker, and stores the next state when the worker was seen gone, or its fence has passed. */
export const end: Step = async (run, parts, { stop, outdated }) => {
  const { runtime, runs, settings } = parts;
  const { next } = run;
  if (next === null) throw new Error(`the run ${run.id} ends without a next state`);
  // Until then, a call of the attempt may still act, and a list may not show its objects.
  const settledAt = next.state === 'queued' ? runtime.clock.now() + settings.settling : 0;
  const gone = await untilGone(run, parts, settledAt, { stop, outdated });
  const { reason, exitCode } = next;
  const data = { reason, ...(exitCode !== null && { exit_code: exitCode }), ...(gone === null && { fenced: true }) };
  // No worker lives beyond its fence.
  const endedAt = gone ?? (run.until ?? 0) * 1000;
  await runs.change(run, changeTo(next, run, runtime.clock.now()), { type: next.state, data }, { number: run.attempt, endedAt });
};

/**
 * Ends the worker until a look that began at `settledAt` or later does not have it.
 *
 * @returns the node's time of that look; `null`: the node does not answer, and it has ended the worker at its fence by itself
 * @throws MayflyError of the node
 */
async function untilGone(
  run: Run,
  parts: Parts,
  settledAt: number,
  signals: { stop: AbortSignal; outdated: AbortSignal },
): Promise<number | null> {
  const { runtime, fences, settings, installation } = parts;
  const { node, worker, watch } = await placeOf(run, parts);
  const wait = (ms: number) => runtime.clock.sleep(ms, AbortSignal.any([signals.stop, signals.outdated]));
  const call = beginCall(runtime, { emit: (event) => parts.progress(run, event), stop: signals.stop, abort: signals.stop });
  try {
    for (;;) {
      const { begunAt, now, workers } = await watch.look();
      const objects = workers.get(worker) ?? [];
      if (isKept(run, objects)) await watch.until(worker, (seen) => !isRetained(seen), AbortSignal.any([signals.stop, signals.outdated]));
      else if (isOf(run, objects, installation)) await destroy(call, worker, node);
      else if (begunAt >= settledAt) return now;
      else await wait(settledAt - begunAt);
    }
  } catch (error) {
    const latest = latestEndOf(run, settings.fenceMargin);
    if (signals.stop.aborted || !fences.obeys(node) || latest === null || runtime.clock.now() < latest) throw error;
    return null;
  }
}

/** Whether the worker of a failed run is kept for a look at it. Its keeper ends it. */
function isKept({ next }: Run, objects: readonly OwnedObject[]): boolean {
  return next?.state === 'failed' && next.reason === 'engine_exited' && isRetained(objects);
}

/** Whether this installation made the worker. Nobody else's is ended. */
export function isOurs(objects: readonly OwnedObject[], installation: string): boolean {
  return dispatcherOf(objects) === installation;
}

/** Whether a worker with the name of the run's worker is the run's: this installation made it, or the run was imported with it. */
export function isOf(
  { maker, organisation }: Pick<Run, 'maker' | 'organisation'>,
  objects: readonly OwnedObject[],
  installation: string,
): boolean {
  return maker === null ? isOurs(objects, installation) : isOurs(objects, maker) && organizationOf(objects) === organisation;
}

/** Ends a worker by its labels. One that is gone already is success. */
export async function destroy(call: Parameters<typeof destroyWorker>[0], worker: string, node: string): Promise<void> {
  await destroyWorker(call, worker, { backend: node }).catch((error: unknown) => {
    if (!(error instanceof MayflyError) || error.code !== 'worker_unknown') throw error;
  });
}

function changeTo(next: Next, run: Run, now: number): RunChange {
  const { state, reason, exitCode } = next;
  if (state !== 'queued') return { state, reason, exitCode, next: null, completedAt: now };
  const withoutWorker = { node: null, worker: null, until: null, readyAt: null, ends: null, commandAt: null, commandEnd: null };
  return { state, reason, next: null, ...withoutWorker, notBefore: run.notBefore };
}
