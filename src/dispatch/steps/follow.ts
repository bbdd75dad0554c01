import type { OwnedObject } from '../../backends/ports/owned-object.js';
import { deadlineOf, engineOf, isRetained } from '../../lease/deadline.js';
import { beginCall } from '../../worker/call.js';
import { endingSince } from '../../worker/endings.js';
import type { NodeWatch } from '../nodes/node-watch.js';
import { outcomeOf } from '../outcome.js';
import type { Next, Run } from '../run.js';
import { afterDeath } from './after-death.js';
import { placeOf, type Parts, type Placed, type Signals, type Step } from './step.js';

/** `running`: waits until the worker is gone, then reads why; or until its engine has failed, and the worker is kept. */
export const follow: Step = async (run, parts, signals) => {
  const place = await placeOf(run, parts);
  const objects = await untilOver(place, AbortSignal.any([signals.stop, signals.outdated]));
  await afterWorker(run, parts, place, { ...signals, objects });
};

/** Waits until the worker is gone, or is kept after a failure. @returns its objects */
export function untilOver({ worker, watch }: Placed, signal: AbortSignal): Promise<readonly OwnedObject[]> {
  return watch.until(worker, (seen) => seen.length === 0 || isRetained(seen), signal);
}

/** Stores the end of a worker. `nextOf`: of a run with a command: its state, by that of a run without one. */
export async function afterWorker(
  run: Run,
  parts: Parts,
  { worker, watch, backend }: Placed,
  { objects, stop, outdated }: Signals & { objects: readonly OwnedObject[] },
  nextOf?: (next: Next) => Next,
): Promise<void> {
  if (objects.length > 0) return retain(run, parts, objects, nextOf ?? ((next) => next));
  // No other attempt has a worker of this name.
  const record = await endingSince(beginCall(parts.runtime, { stop }), worker, backend, 0);
  if (record === null && (await isThere(worker, watch, parts, AbortSignal.any([stop, outdated])))) return;
  const event = { type: 'worker_gone', data: { reason: record?.reason ?? null } };
  const change = nextOf ? { state: 'ending' as const, next: nextOf(outcomeOf(record)) } : afterDeath(run, record, parts);
  await parts.runs.change(run, change, event, { number: run.attempt, end: record });
}

/** The run has failed. Its worker is kept for a time, so its final state comes later. */
async function retain(run: Run, { runs }: Parts, objects: readonly OwnedObject[], nextOf: (next: Next) => Next): Promise<void> {
  const exitCode = engineOf(objects)?.exitCode ?? null;
  const next = nextOf({ state: 'failed', reason: 'engine_exited', exitCode });
  const until = new Date(deadlineOf(objects).endsAt).toISOString();
  await runs.change(run, { state: 'ending', next }, { type: 'retained', data: { until, exit_code: exitCode } });
}

/** Looks again after the time that lists may lag behind: without a record of its end, a worker in no list may live. */
async function isThere(worker: string, watch: NodeWatch, { runtime, settings }: Parts, signal: AbortSignal): Promise<boolean> {
  await runtime.clock.sleep(settings.settling, signal);
  return (await watch.look()).workers.has(worker);
}
