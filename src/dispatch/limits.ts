import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { dollars, duration } from '../spec/units.js';
import { totals, type WorkerSpec } from '../spec/worker-spec.js';
import { rateOf, toDollars } from './money.js';
import type { Answer } from './nodes/offers.js';
import { type Bucket, takeOne } from './rate.js';
import { isAffordable, leastOf } from './schedule/affordable.js';
import type { Organisation as Share } from './schedule/snapshot.js';
import type { Organisation } from './settings/parse.js';

export type OrganisationLimits = Pick<Organisation, 'most' | 'guaranteed' | 'maxDuration' | 'rate' | 'budget'>;

/** Limits of organisations. One without settings has none. */
export class Limits {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly organisations: ReadonlyMap<string, OrganisationLimits>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** The most that organisations have at the same time, and their guaranteed shares, by name. One that is missing has no limits and no share. */
  get shares(): Record<string, Share> {
    return Object.fromEntries([...this.organisations].map(([name, { most, guaranteed }]) => [name, { most, guaranteed }]));
  }

  /** The most that an organisation may spend in a month, in millionths of a US dollar; `null`: no limit. */
  budgetOf(organisation: string): number | null {
    return this.organisations.get(organisation)?.budget ?? null;
  }

  /** The longest life of a worker since it was ready, in seconds; `null`: no limit. */
  maxDurationOf(organisation: string): number | null {
    return this.organisations.get(organisation)?.maxDuration ?? null;
  }

  /** Counts a submission, or a report about a run elsewhere. @throws MayflyError `rate_limited` */
  count(organisation: string): void {
    const rate = this.organisations.get(organisation)?.rate;
    if (!rate) return;
    const { bucket, wait } = takeOne(this.buckets.get(organisation), rate, this.clock.now());
    this.buckets.set(organisation, bucket);
    if (wait === 0) return;
    throw new MayflyError('rate_limited', {
      cause: `the organisation may submit ${rate.perMinute} times a minute, and ${rate.burst} at once`,
      remedy: 'send the request again after the seconds of Retry-After',
      retryAfter: Math.ceil(wait / 1000),
    });
  }

  /** @throws MayflyError `limit_exceeded` if the worker could cost more than a whole month's budget on every node that accepts it */
  assertAffordable(organisation: string, answers: readonly Answer[]): void {
    const budget = this.budgetOf(organisation);
    // A node that did not answer may cost less.
    if (budget === null || answers.some((answer) => 'error' in answer)) return;
    const rates = answers.flatMap((answer) => ('offer' in answer && answer.offer.accepted ? [rateOf(answer.offer.price)] : []));
    if (rates.some((rate) => isAffordable(rate, budget))) return;
    throw new MayflyError('limit_exceeded', {
      place: { path: 'max_duration' },
      cause: `the worker may cost ${dollars(toDollars(leastOf(rates)))}, and the organisation may spend ${dollars(toDollars(budget))} in a month`,
      remedy: 'ask for less, or for less time',
    });
  }

  /** @throws MayflyError `limit_exceeded` with all reasons why the organisation can never have such a worker */
  assertPossible(organisation: string, spec: WorkerSpec): void {
    const { most = {}, maxDuration = null } = this.organisations.get(organisation) ?? {};
    const asks = totals(spec);
    const problems = [
      ...(maxDuration !== null && spec.max_duration > maxDuration
        ? [{ place: { path: 'max_duration' }, cause: `may be at most ${duration(maxDuration)} for the organisation`, remedy: 'write less' }]
        : []),
      ...(['cpu', 'memory'] as const).flatMap((kind) => {
        const limit = most[kind];
        if (limit === undefined || asks[kind] <= limit) return [];
        return [
          {
            place: { path: kind },
            cause: `the worker asks for ${asks[kind]}, and the organisation may have ${limit}`,
            remedy: 'ask for less',
          },
        ];
      }),
    ];
    if (problems.length > 0) throw new MayflyError('limit_exceeded', { ...problems[0]!, problems });
  }
}
