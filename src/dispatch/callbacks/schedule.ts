import type { Delivery, Outcome, Try, Webhook } from './webhook.js';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const day = 24 * hour;

/** Pauses after failed tries. The first ones are those of the Standard Webhooks specification; together they last a day. */
const pauses = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 6.5 * hour];

/** Each pause gets longer by up to this share, so that deliveries which failed together are not tried together. */
const jitter = 0.1;

/** Tries that a delivery keeps. */
const mostTries = 30;

/** Whether the receiver has taken the delivery. */
export function isTaken({ status }: Pick<Try, 'status'>): boolean {
  return status !== null && status >= 200 && status <= 299;
}

/** The state of a delivery and its webhook after a try. */
export function afterTry(
  { failures, tries }: Pick<Delivery, 'failures' | 'tries'>,
  { failingSince, disabled }: Pick<Webhook, 'failingSince' | 'disabled'>,
  { retryAfter, random, ...tried }: Outcome,
): { delivery: Pick<Delivery, 'state' | 'failures' | 'nextAt' | 'tries'>; webhook: Pick<Webhook, 'failingSince' | 'disabled'> } {
  const kept = [...tries, tried].slice(-mostTries);
  if (isTaken(tried))
    return { delivery: { state: 'delivered', failures, nextAt: null, tries: kept }, webhook: { failingSince: null, disabled } };
  const since = failingSince ?? tried.at;
  const gone = tried.status === 410 ? 'gone' : null;
  const pause = gone ? undefined : pauses[failures];
  const failed = { failures: failures + 1, tries: kept };
  const end = tried.at + tried.ms;
  return {
    delivery:
      pause === undefined
        ? { ...failed, state: 'failed', nextAt: null }
        : {
            ...failed,
            state: 'pending',
            nextAt: Math.round(end + Math.max(pause * (1 + jitter * random), Math.min(retryAfter ?? 0, day))),
          },
    webhook: { failingSince: since, disabled: disabled ?? gone ?? (tried.at - since >= day ? 'failing' : null) },
  };
}

/**
 * Milliseconds for which a receiver gets nothing at all after an answer: it has asked for a pause, or is overloaded.
 */
export function pauseOf({ status, retryAfter }: Pick<Outcome, 'status' | 'retryAfter'>): number {
  if (status === 429 || status === 502 || status === 503 || status === 504) return Math.min(retryAfter ?? 30 * second, day);
  return 0;
}

/** The milliseconds of a `Retry-After`: seconds or a date. `null`: none, or no such text. */
export function retryAfterOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * second;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(date - now, 0);
}
