import { beginCall } from '../../worker/call.js';
import { endingSince } from '../../worker/endings.js';
import type { NodeWatch } from '../nodes/node-watch.js';
import { outcomeOf } from '../outcome.js';
import { placeOf, type Parts, type Step } from './step.js';

/** `running`: waits until the worker is gone, then reads why. */
export const follow: Step = async (run, parts, { stop, outdated }) => {
  const { worker, watch, backend } = await placeOf(run, parts);
  await watch.untilGone(worker, AbortSignal.any([stop, outdated]));
  // No other attempt has a worker of this name.
  const record = await endingSince(beginCall(parts.runtime, { stop }), worker, backend, 0);
  if (record === null && (await isThere(worker, watch, parts, AbortSignal.any([stop, outdated])))) return;
  const next = outcomeOf(record);
  const event = { type: 'worker_gone', data: { reason: record?.reason ?? null } };
  await parts.runs.change(run, { state: 'ending', next }, event, { number: run.attempt, end: record });
};

/** Looks again after the time that lists may lag behind: without a record of its end, a worker in no list may live. */
async function isThere(worker: string, watch: NodeWatch, { runtime, settings }: Parts, signal: AbortSignal): Promise<boolean> {
  await runtime.clock.sleep(settings.settling, signal);
  return (await watch.look()).workers.has(worker);
}
