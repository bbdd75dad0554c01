import type { DetachedEnd } from '../../worker/detached/index.js';
import { commandCodeOf } from '../../worker/exit-code.js';
import type { Next } from '../run.js';

const failures: Record<Exclude<DetachedEnd['state'], 'exited'>, Pick<Next, 'reason' | 'exitCode'>> = {
  timed_out: { reason: 'timed_out', exitCode: commandCodeOf('expired', undefined) },
  stopped: { reason: 'command_stopped', exitCode: null },
  lost: { reason: 'command_lost', exitCode: null },
};

/** The final state of a run whose command has ended. */
export function outcomeOfCommand(end: DetachedEnd): Next {
  if (end.state !== 'exited') return { state: 'failed', ...failures[end.state] };
  return { state: end.code === 0 ? 'completed' : 'failed', reason: 'command_exited', exitCode: end.code };
}

/** A command that the service ended because the end of its worker was near. */
export const expiredCommand: Next = { state: 'failed', reason: 'expired', exitCode: commandCodeOf('expired', undefined) };

/** The final state of a run whose worker has ended before its command. */
export function withoutCommandEnd(next: Next): Next {
  return { ...next, state: 'failed' };
}
