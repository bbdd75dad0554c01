import { collectGrace } from '../../worker/artifacts/rules.js';
import type { WithSpec } from '../run.js';
import type { Parts, Placed } from './step.js';

/** Milliseconds between two looks at the end of a run, which people may move. */
const period = 60_000;

/** Milliseconds until a command must end, so that its results can be collected before the end of its worker. By the node's clock. */
export function timeLeft({ id, spec }: WithSpec, { runs, runtime }: Parts, { watch }: Placed): number {
  const ends = runs.get(id)?.ends ?? null;
  return ends === null ? Infinity : ends - collectGrace(spec) - (runtime.clock.now() + (watch.last?.skew ?? 0));
}

/** Resolves when a command must end. @throws the signal's reason */
export async function untilNearEnd(run: WithSpec, parts: Parts, place: Placed, signal: AbortSignal): Promise<void> {
  for (let left = timeLeft(run, parts, place); left > 0; left = timeLeft(run, parts, place))
    await parts.runtime.clock.sleep(Math.min(left, period), signal);
}
