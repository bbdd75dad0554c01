import type { EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';

/** The exit code of a worker that expired; the same as that of `timeout` in coreutils. */
export const timeUpCode = 124;

/** The exit code for each reason; `engine`: the engine's own code. */
const codes: Record<EndReason, number | 'engine'> = {
  engine_ended: 'engine',
  expired: timeUpCode,
  destroyed: 0,
  storage_exceeded: 1,
  create_timeout: 1,
  not_ready: 1,
  interrupted: 1,
};

/** The exit code of `mayfly wait`; 1 where the engine ended by itself and its code was not recorded. */
export function exitCodeOf({ reason, containers }: Pick<HistoryEntry, 'reason' | 'containers'>): number {
  const code = codes[reason];
  return code === 'engine' ? (containers.find(({ container }) => container === engineName)?.exitCode ?? 1) : code;
}
