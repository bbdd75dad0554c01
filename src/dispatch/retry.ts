import type { MayflyError } from '../errors.js';
import type { Next, Run } from './run.js';
import type { DispatchSettings } from './settings.js';
import { mostAttempts } from './worker-name.js';

export interface Failed {
  next: Next;
  tries: number;
  reached: number;
  avoid: string | null;
}

/**
 * The state of a run after a failed attempt. An attempt that got further than all before it is the first of a new count.
 *
 * @param made number of resources that the attempt has made
 */
export function afterFailure(
  { attempt, attempts, tries, reached, node }: Pick<Run, 'attempt' | 'attempts' | 'tries' | 'reached' | 'node'>,
  { retry }: Pick<MayflyError, 'retry'>,
  made: number,
): Failed {
  const counted = made > reached ? 1 : tries + 1;
  const again = retry !== 'never' && counted < attempts && attempt < mostAttempts;
  const next = again ? ({ state: 'queued', reason: 'retry' } as const) : ({ state: 'failed', reason: 'attempts_failed' } as const);
  return {
    next: { ...next, exitCode: null },
    tries: counted,
    reached: Math.max(made, reached),
    avoid: retry === 'elsewhere' ? node : null,
  };
}

/**
 * Milliseconds from the begin of an attempt to the begin of the next one: doubled with each try, and up to a quarter longer, so that
 * runs that failed together do not come back together.
 *
 * @param tries from 1
 * @param random from 0 to 1
 */
export function retryAfter(
  tries: number,
  { minRetryPeriod, maxRetryPeriod }: Pick<DispatchSettings, 'minRetryPeriod' | 'maxRetryPeriod'>,
  random: number,
): number {
  return Math.min(minRetryPeriod * 2 ** (tries - 1), maxRetryPeriod) * (1 + random / 4);
}
