import { beginCall } from '../../worker/call.js';
import { endingSince } from '../../worker/endings.js';
import { outcomeOf } from '../outcome.js';
import { placeOf, type Step } from './step.js';

/** `running`: waits until the worker is gone, then reads why. */
export const follow: Step = async (run, parts, { stop, outdated }) => {
  const { worker, watch, backend } = await placeOf(run, parts);
  await watch.untilGone(worker, AbortSignal.any([stop, outdated]));
  const record = await endingSince(beginCall(parts.runtime, { stop }), worker, backend, run.lastTryAt ?? 0);
  const next = outcomeOf(record);
  const event = { type: 'worker_gone', data: { reason: record?.reason ?? null } };
  await parts.runs.change(run, { state: 'ending', next }, event, { number: run.attempt, end: record });
};
