import type { ErrorCode, MayflyError } from '../errors.js';
import type { Next, Run } from './run.js';
import type { DispatchSettings } from './settings.js';

/** Errors of an attempt after which another one would fail in the same way. */
const hopeless = new Set<ErrorCode>(['usage', 'spec_invalid', 'stack_invalid', 'stack_cycle', 'settings_invalid', 'cache_refused']);

/** The state of a run after a failed attempt. */
export function afterFailure({ attempt, attempts }: Pick<Run, 'attempt' | 'attempts'>, { code }: Pick<MayflyError, 'code'>): Next {
  const again = attempt < attempts && !hopeless.has(code);
  return again
    ? { state: 'queued', reason: 'retry', exitCode: null }
    : { state: 'failed', reason: attempts > 1 ? 'attempts_failed' : 'not_ready', exitCode: null };
}

/**
 * Milliseconds from the begin of an attempt to the begin of the next one: doubled with each attempt, and up to a quarter longer, so that
 * runs that failed together do not come back together.
 *
 * @param random from 0 to 1
 */
export function retryAfter(attempt: number, { minRetryPeriod, maxRetryPeriod }: DispatchSettings, random: number): number {
  return Math.min(minRetryPeriod * 2 ** (attempt - 1), maxRetryPeriod) * (1 + random / 4);
}
