import { MayflyError, type Problem } from '../errors.js';
import { commandIdOf } from './command-id.js';
import { assertFollows, isOutstanding, type Task, type TaskOutput } from './task.js';

// A delivery gives a task to a worker. It is outstanding until it is acknowledged with a result, or given back without one. Both must show
// its token. All functions here are pure: each returns the change of the task and its event.

/** The fields that change. The revision rises by itself. */
export type TaskChange = Partial<
  Omit<
    Task,
    | 'id'
    | 'organisation'
    | 'revision'
    | 'run'
    | 'fleet'
    | 'allocation'
    | 'priority'
    | 'command'
    | 'container'
    | 'files'
    | 'timeout'
    | 'attempts'
    | 'createdAt'
  >
>;

export interface Decision {
  change: TaskChange;
  event: { type: string; data: Readonly<Record<string, unknown>> };
}

/** The end of a command, as it was read. */
export type Outcome = { state: 'exited'; code: number } | { state: 'timed_out' } | { state: 'stopped' };

/** Gives a task to a worker. */
export function schedule(task: Task, { worker, now }: { worker: string; now: number }): Decision {
  assertFollows(task, 'scheduled');
  const attempt = task.attempt + 1;
  return {
    change: {
      ...{ state: 'scheduled', reason: null, attempt, token: commandIdOf({ id: task.id, attempt }), worker, notBefore: null },
      ...{ scheduledAt: now, startedAt: null, failure: null },
    },
    event: { type: 'task_scheduled', data: { task: task.id, attempt, worker } },
  };
}

/** The command has begun. */
export function begin(task: Task, token: string, now: number): Decision {
  assertOutstanding(task, token);
  assertFollows(task, 'running');
  return { change: { state: 'running', startedAt: now }, event: eventOf(task, 'task_running') };
}

/** Acknowledges a delivery with the end of its command. */
export function acknowledge(
  task: Task,
  token: string,
  { outcome, output, now }: { outcome: Outcome; output: TaskOutput | null; now: number },
): Decision {
  assertOutstanding(task, token);
  const end = endOf(outcome);
  assertFollows(task, end.state);
  const data = { reason: end.reason, ...(end.exitCode !== null && { exit_code: end.exitCode }) };
  return { change: { ...end, ...ended(now), output }, event: eventOf(task, `task_${end.state}`, data) };
}

function endOf(outcome: Outcome): Pick<Task, 'reason' | 'exitCode'> & { state: 'completed' | 'failed' | 'stopped' } {
  switch (outcome.state) {
    case 'exited':
      return { state: outcome.code === 0 ? 'completed' : 'failed', reason: 'exited', exitCode: outcome.code };
    case 'timed_out':
      return { state: 'failed', reason: 'timed_out', exitCode: null };
    case 'stopped':
      return { state: 'stopped', reason: 'stop_asked', exitCode: null };
  }
}

/** Gives a delivery back without a result. Another one follows after a pause, unless the deliveries are used up. */
export function giveBack(task: Task, token: string, { failure, now }: { failure: Problem; now: number }): Decision {
  assertOutstanding(task, token);
  const data = { cause: failure.cause };
  if (task.stopping) {
    assertFollows(task, 'stopped');
    return { change: { state: 'stopped', reason: 'stop_asked', failure, ...ended(now) }, event: eventOf(task, 'task_stopped', data) };
  }
  if (task.attempt >= task.attempts) {
    assertFollows(task, 'failed');
    const change = { state: 'failed', reason: 'undeliverable', failure, dead: true, ...ended(now) } as const;
    return { change, event: eventOf(task, 'task_failed', { reason: 'undeliverable', ...data }) };
  }
  assertFollows(task, 'pending');
  const notBefore = now + pauseAfter(task.attempt);
  return {
    change: { state: 'pending', reason: 'retry', failure, token: null, stopping: false, notBefore },
    event: eventOf(task, 'task_returned', { ...data, not_before: new Date(notBefore).toISOString() }),
  };
}

/** Ends a delivery whose command no worker of the run can start. */
export function refuse(task: Task, token: string, { failure, now }: { failure: Problem; now: number }): Decision {
  assertOutstanding(task, token);
  assertFollows(task, 'failed');
  const change = { state: 'failed', reason: 'refused', failure, ...ended(now) } as const;
  return { change, event: eventOf(task, 'task_failed', { reason: 'refused', cause: failure.cause }) };
}

/**
 * Asks for the end of a task. One that no worker has is stopped at once; the command of another one is ended first.
 *
 * @returns `null`: nothing changes
 */
export function stop(task: Task, now: number): Decision | null {
  if (task.state === 'stopped') return null;
  assertFollows(task, 'stopped');
  if (!isOutstanding(task))
    return {
      change: { state: 'stopped', reason: 'stop_asked', ...ended(now) },
      event: eventOf(task, 'task_stopped', { reason: 'stop_asked' }),
    };
  return task.stopping ? null : { change: { stopping: true }, event: eventOf(task, 'task_stop_asked') };
}

/** Why no worker follows for the tasks of a queue. */
export type QueueEnd =
  { state: 'failed'; reason: 'run_failed' | 'allocation_ended' } | { state: 'stopped'; reason: 'run_ended' | 'allocation_ended' };

/** Ends a task whose queue has ended for good: no worker of it follows. */
export function endWithQueue(task: Task, { state, reason }: QueueEnd, now: number): Decision {
  assertFollows(task, state);
  return { change: { state, reason, ...ended(now) }, event: eventOf(task, `task_${state}`, { reason }) };
}

const firstPause = 1_000;
const nextPause = 20_000;

/** Milliseconds between the return of a delivery and the next one. @param attempt number of the returned delivery, from 1 */
export function pauseAfter(attempt: number): number {
  return attempt <= 1 ? firstPause : (attempt - 1) * nextPause;
}

function ended(now: number) {
  return { token: null, stopping: false, notBefore: null, finishedAt: now } as const;
}

/** @throws MayflyError `not_possible` for a delivery that is over, or was never made */
function assertOutstanding({ id, state, token, attempt }: Task, shown: string): void {
  if (token !== null && token === shown) return;
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: token === null ? `the task is ${state}, and no worker has it` : `the token is not that of delivery ${attempt}`,
    remedy: 'drop this delivery: another one has the task, or it has ended',
  });
}

function eventOf({ id, attempt }: Task, type: string, data: Readonly<Record<string, unknown>> = {}): Decision['event'] {
  return { type, data: { task: id, attempt, ...data } };
}
