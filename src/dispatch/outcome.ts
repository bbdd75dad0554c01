import type { EndReason } from '../events.js';
import type { HistoryEntry } from '../state/history.js';
import { exitCodeOf } from '../worker/exit-code.js';
import type { Next } from './run.js';

type Ending = Pick<Next, 'state' | 'reason'>;

const destroyed = { state: 'failed', reason: 'destroyed' } as const;
const notReady = { state: 'failed', reason: 'not_ready' } as const;

/** The state of a run whose worker has ended, by the end's record. */
const endings: Record<EndReason, Ending> = {
  engine_ended: { state: 'failed', reason: 'engine_exited' },
  expired: { state: 'completed', reason: 'expired' },
  out_of_memory: { state: 'failed', reason: 'out_of_memory' },
  storage_exceeded: { state: 'failed', reason: 'storage_exceeded' },
  destroyed,
  runner_gone: destroyed,
  replaced: destroyed,
  interrupted: destroyed,
  create_timeout: notReady,
  not_ready: notReady,
};

/** The state of a run after the end of a worker that was ready. `record`: `null` where none was found */
export function outcomeOf(record: Pick<HistoryEntry, 'reason' | 'containers'> | null): Next {
  if (record === null) return { state: 'failed', reason: 'end_unknown', exitCode: null };
  const exitCode = exitCodeOf(record);
  if (record.reason === 'engine_ended' && exitCode === 0) return { state: 'completed', reason: 'engine_exited', exitCode };
  return { ...endings[record.reason], exitCode };
}
