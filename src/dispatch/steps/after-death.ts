import type { HistoryEntry } from '../../state/history-entry.js';
import { outcomeOf } from '../outcome.js';
import { afterFailure, retryAfter } from '../retry.js';
import type { Run, RunReason } from '../run.js';
import type { RunChange } from '../store/store.js';
import type { Parts } from './step.js';

/** Ends of a worker that nobody asked for. */
const deaths: ReadonlySet<RunReason | null> = new Set(['engine_exited', 'out_of_memory', 'storage_exceeded', 'end_unknown']);

/**
 * The change of a run whose worker was ready and has ended. If the worker has died and the run's tasks are not finished, another attempt
 * takes them, as after any other failed attempt.
 *
 * @param record `null`: none was found
 */
export function afterDeath(run: Run, record: HistoryEntry | null, { settings, random, hasTasks }: Parts): RunChange {
  const next = outcomeOf(record);
  if (next.state !== 'failed' || !deaths.has(next.reason) || run.spec === null || !hasTasks(run.id)) return { state: 'ending', next };
  const failed = afterFailure(run, { retry: 'here' }, 0);
  if (failed.next.state !== 'queued') return { state: 'ending', next };
  return { state: 'ending', ...failed, notBefore: (run.lastTryAt ?? 0) + Math.round(retryAfter(failed.tries, settings, random())) };
}
