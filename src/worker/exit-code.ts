import type { EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';

/** As `timeout` of coreutils has it. */
export const timeUpCode = 124;

/** The engine's own code, or one that stands for the reason. */
const codes: Record<EndReason, number | 'engine'> = {
  engine_ended: 'engine',
  expired: timeUpCode,
  destroyed: 0,
  storage_exceeded: 1,
  create_timeout: 1,
  not_ready: 1,
  interrupted: 1,
};

/** What `mayfly wait` exits with; 1 where an engine that ended by itself did not leave its code. */
export function exitCodeOf({ reason, containers }: Pick<HistoryEntry, 'reason' | 'containers'>): number {
  const code = codes[reason];
  return code === 'engine' ? (containers.find(({ container }) => container === engineName)?.exitCode ?? 1) : code;
}
