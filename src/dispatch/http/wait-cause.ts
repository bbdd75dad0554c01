import type { WaitCause } from '../../views/why-view.js';
import type { Dispatcher } from '../dispatcher.js';
import type { Run } from '../run.js';
import type { Why } from '../schedule/why.js';

/** Why a run does not start. `null`: it does not wait for a node. `why`: see `Outlook.why` */
export function waitCauseOf(run: Run, why: Why | null, { orphans, placing, isRecovering }: Dispatcher): WaitCause | null {
  if (run.state !== 'queued' && run.state !== 'offered') return null;
  if (isRecovering) return { code: 'recovering' };
  if (orphans.has(run.id)) return { code: 'late_worker' };
  const held = placing.heldByBudget(run.id);
  if (held) return { code: 'budget', least: held.least, left: held.left };
  if (why) return why.wait;
  return { code: placing.isAnswered(run) ? 'starting' : 'unanswered' };
}
