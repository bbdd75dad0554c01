import { MayflyError } from '../errors.js';
import { dollars, duration } from '../spec/units.js';
import { costLeft } from './max-cost.js';
import { costFor, toDollars } from './money.js';
import type { Attempt, Run } from './run.js';
import type { AttemptChange, RunChange } from './store/store.js';

export interface Extension {
  /** The end of the worker's lease, in milliseconds since the epoch by the node's clock. */
  from: number;
  /** Negative: earlier. */
  seconds: number;
  attempts: readonly Attempt[];
  /** The longest life of a worker of the organisation since it was ready, in seconds; `null`: no limit. */
  maxDuration: number | null;
}

/**
 * The later fence of a running run, with the money that its worker may cost until then.
 *
 * @throws MayflyError `limit_exceeded` above `maxDuration`, or above the run's `max_cost`
 */
export function extended(run: Run, { from, seconds, attempts, maxDuration }: Extension): { change: RunChange; attempt?: AttemptChange } {
  const { id, attempt: number } = run;
  const attempt = attempts.find((one) => one.number === number);
  const to = Math.ceil(from / 1000) + seconds;
  // A lease ends at a whole second.
  const life = Math.floor((from - (attempt?.readyAt ?? from)) / 1000) + seconds;
  if (seconds > 0 && maxDuration !== null && life > maxDuration) {
    throw refused(
      id,
      `the worker would live for ${duration(life)}, and those of the organisation may live for ${duration(maxDuration)}`,
      'extend it by less',
    );
  }
  const before = run.until ?? 0;
  const until = Math.max(before, to);
  const more = costFor((until - before) * 1000, attempt?.price ?? 0);
  if (!attempt || more === 0) return { change: { until } };
  const left = costLeft(run, attempts);
  if (left !== undefined && more > left) {
    throw refused(
      id,
      `the extension may cost ${dollars(toDollars(more))}, and max_cost (${dollars(run.spec!.max_cost!)}) leaves ${dollars(Math.max(0, toDollars(left)))}`,
      'extend it by less',
    );
  }
  return { change: { until }, attempt: { number, cost: attempt.cost + more } };
}

function refused(run: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('limit_exceeded', { place: { path: run }, cause, remedy });
}
