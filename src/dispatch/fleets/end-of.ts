import type { Clock } from '../../clock.js';
import { describeEnd } from '../../events.js';
import type { EndedWorker } from '../../tasks/fleets/starts.js';
import type { Run } from '../run.js';
import type { Store } from '../store/store.js';

/** The end of a fleet's worker, with its cause. */
export async function endOf(
  run: Run,
  { store, clock }: { store: Pick<Store, 'attempts'>; clock: Pick<Clock, 'now'> },
): Promise<EndedWorker> {
  const { readyAt, completedAt } = run;
  const { state, reason } = run.next ?? run;
  const attempt = (await store.attempts(run.id)).at(-1);
  const cause = attempt?.error?.problems[0]?.cause ?? (attempt?.end ? describeEnd(attempt.end) : `the run is ${state}`);
  const expected = state === 'cancelled' || state === 'moved' || reason === 'expired';
  return { readyAt, endedAt: completedAt ?? clock.now(), expected, cause };
}
