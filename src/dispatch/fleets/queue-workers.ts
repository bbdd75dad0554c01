import type { Clock } from '../../clock.js';
import { toMayflyError } from '../../errors.js';
import type { Growth, Refusal } from '../../tasks/fleets/scale.js';
import type { Intake, Submission } from '../intake.js';
import { toDollars } from '../money.js';
import type { Run } from '../run.js';
import type { Store } from '../store/store.js';

/** New workers of one template. */
interface Queueing {
  asked: Pick<Submission, 'organisation' | 'spec' | 'secrets' | 'priority' | 'labels' | 'bodyHash'>;
  owner: { fleet: string } | { primary: string };
  /** The type of the owner's events. */
  event: string;
}

/** Queues a run for each worker. @returns why not all were queued; `null`: they were */
export async function queueWorkers(
  { asked, owner, event }: Queueing,
  growths: readonly Growth[],
  { intake, clock }: { intake: Intake; clock: Pick<Clock, 'now'> },
): Promise<Refusal | null> {
  for (const one of growths) {
    const growth = (run: string) => ({ at: clock.now(), type: event, data: grownData(run, one) });
    try {
      await intake.submit({ ...asked, attempts: 1, grows: { ...owner, growth } });
    } catch (thrown) {
      return { code: 'not_queued', cause: toMayflyError(thrown).message, by: one.by, tasks: one.tasks };
    }
  }
  return null;
}

/** The data of an event about a new worker. */
export function grownData(run: string, { why, by, tasks, offer }: Growth) {
  return { run, why, by, tasks, node: offer?.node ?? null, usd_per_hour: offer && toDollars(offer.perHour) };
}

/** The price of a run's worker, in US dollars an hour. */
export async function dollarsOf({ id, attempt }: Run, store: Pick<Store, 'attempts'>): Promise<number> {
  const attempts = await store.attempts(id);
  return toDollars(attempts.find(({ number }) => number === attempt)?.price ?? 0);
}
