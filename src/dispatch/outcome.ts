import type { EndReason } from '../events.js';
import type { HistoryEntry } from '../state/history.js';
import { exitCodeOf } from '../worker/exit-code.js';
import type { Next, Run } from './run.js';

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

/** @param record of the worker's end; `null`: none was found */
export function outcomeOf(run: Pick<Run, 'readyAt'>, record: Pick<HistoryEntry, 'reason' | 'containers'> | null): Next {
  if (record === null) return { state: 'failed', reason: 'end_unknown', exitCode: null };
  const exitCode = exitCodeOf(record);
  if (record.reason === 'engine_ended' && exitCode === 0) return { state: 'completed', reason: 'engine_exited', exitCode };
  if (record.reason === 'expired' && run.readyAt === null) return { ...notReady, exitCode };
  return { ...endings[record.reason], exitCode };
}
