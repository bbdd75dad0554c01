import type { EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';

interface Codes {
  /** Exit code of `wait`; `engine`: the engine's own code. */
  wait: number | 'engine';
  /** Exit code of `run` and `exec`, if the command failed; `own`: the command's own code. */
  command: number | 'own';
}

/**
 * Exit codes after the end of a worker. 124 is also that of `timeout` in coreutils, 137 that of a process that the kernel killed,
 * 130 that of an interrupt.
 */
const codes: Record<EndReason, Codes> = {
  expired: { wait: 124, command: 124 },
  storage_exceeded: { wait: 125, command: 125 },
  out_of_memory: { wait: 137, command: 137 },
  engine_ended: { wait: 'engine', command: 'own' },
  destroyed: { wait: 0, command: 'own' },
  runner_gone: { wait: 1, command: 'own' },
  replaced: { wait: 130, command: 130 },
  create_timeout: { wait: 1, command: 'own' },
  not_ready: { wait: 1, command: 'own' },
  interrupted: { wait: 1, command: 'own' },
};

/** The table for the command line's help. */
export const endCodes = `${codes.expired.command}: the worker expired, ${codes.storage_exceeded.command}: it used more than its storage, ${codes.out_of_memory.command}: out of memory`;

/** Exit code where the own code of an engine or a command was not recorded. */
const unrecorded = 1;

/** The exit code of `mayfly wait`. */
export function exitCodeOf({ reason, containers }: Pick<HistoryEntry, 'reason' | 'containers'>): number {
  const { wait } = codes[reason];
  return wait === 'engine' ? (containers.find(({ container }) => container === engineName)?.exitCode ?? unrecorded) : wait;
}

/** The exit code of `run` and `exec`. `own`: the failed command's code, if it has one. `reason`: of the worker's end; `null`: it lives. */
export function commandCodeOf(reason: EndReason | null, own: number | undefined): number {
  const command = reason === null ? 'own' : codes[reason].command;
  return command === 'own' ? (own ?? unrecorded) : command;
}
