import type { OwnedObject } from '../../backends/ports/owned-object.js';
import { deadlineOf, engineOf, isRetained } from '../../lease/deadline.js';
import { beginCall } from '../../worker/call.js';
import { endingSince } from '../../worker/endings.js';
import type { NodeWatch } from '../nodes/node-watch.js';
import type { Run } from '../run.js';
import { afterDeath } from './after-death.js';
import { placeOf, type Parts, type Step } from './step.js';

/** `running`: waits until the worker is gone, then reads why; or until its engine has failed, and the worker is kept. */
export const follow: Step = async (run, parts, { stop, outdated }) => {
  const { worker, watch, backend } = await placeOf(run, parts);
  const objects = await watch.until(worker, (seen) => seen.length === 0 || isRetained(seen), AbortSignal.any([stop, outdated]));
  if (objects.length > 0) return retain(run, parts, objects);
  // No other attempt has a worker of this name.
  const record = await endingSince(beginCall(parts.runtime, { stop }), worker, backend, 0);
  if (record === null && (await isThere(worker, watch, parts, AbortSignal.any([stop, outdated])))) return;
  const event = { type: 'worker_gone', data: { reason: record?.reason ?? null } };
  await parts.runs.change(run, afterDeath(run, record, parts), event, { number: run.attempt, end: record });
};

/** The run has failed. Its worker is kept for a time, so its final state comes later. */
async function retain(run: Run, { runs }: Parts, objects: readonly OwnedObject[]): Promise<void> {
  const exitCode = engineOf(objects)?.exitCode ?? null;
  const next = { state: 'failed', reason: 'engine_exited', exitCode } as const;
  const until = new Date(deadlineOf(objects).endsAt).toISOString();
  await runs.change(run, { state: 'ending', next }, { type: 'retained', data: { until, exit_code: exitCode } });
}

/** Looks again after the time that lists may lag behind: without a record of its end, a worker in no list may live. */
async function isThere(worker: string, watch: NodeWatch, { runtime, settings }: Parts, signal: AbortSignal): Promise<boolean> {
  await runtime.clock.sleep(settings.settling, signal);
  return (await watch.look()).workers.has(worker);
}
