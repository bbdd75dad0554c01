import { isFinal, type Run, type RunEvent, type RunState } from '../run.js';

/** The cause of each callback: the state that a run enters, or an event of a run that keeps its state. */
const causes = {
  'run.access': { state: 'running' },
  'run.expiring': { event: 'expiring' },
  'run.published': { event: 'results_published' },
  'run.completed': { state: 'completed' },
  'run.failed': { state: 'failed' },
  'run.cancelled': { state: 'cancelled' },
} as const satisfies Record<string, { state: RunState } | { event: string }>;

export type CallbackType = keyof typeof causes;
export const callbackTypes = Object.keys(causes) as CallbackType[];

/** An event that hooks and webhooks report, with its run as it is after the event. */
export interface Callback {
  type: CallbackType;
  /** Milliseconds since the epoch. */
  at: number;
  run: Pick<Run, 'id' | 'attempt' | 'node' | 'organisation' | 'requestId' | 'name' | 'state' | 'reason' | 'exitCode' | 'ends'>;
}

/**
 * The callback of an event; `null`: it has none.
 *
 * @param run as it is after the event
 * @param entered the state that the run has got with the event; `null`: it kept its own
 */
export function callbackOf(run: Run, entered: RunState | null, { type: event, at }: Pick<RunEvent, 'type' | 'at'>): Callback | null {
  const type = callbackTypes.find((one) => {
    const cause = causes[one];
    return 'state' in cause ? cause.state === entered : cause.event === event;
  });
  return type === undefined ? null : { type, at, run };
}

/** The callback of a new run: an imported one may be over already. The access of one that is running is at the other installation. */
export function callbackOfNew(run: Run, event: Pick<RunEvent, 'type' | 'at'>): Callback | null {
  return callbackOf(run, isFinal(run.state) ? run.state : null, event);
}

/** The body of a webhook: no access, and nothing of a spec but its name. */
export function bodyOf({ type, at, run }: Callback): string {
  return JSON.stringify({
    ...{ type, timestamp: new Date(at).toISOString() },
    data: {
      ...{ run: run.id, attempt: run.attempt, node: run.node, organisation: run.organisation, request_id: run.requestId },
      ...{ name: run.name, state: run.state, reason: run.reason, exit_code: run.exitCode },
      ends: run.ends === null ? null : new Date(run.ends).toISOString(),
    },
  });
}
