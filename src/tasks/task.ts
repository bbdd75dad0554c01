import { MayflyError, type Problem } from '../errors.js';
import type { TaskFiles } from './files.js';

/**
 * A command for a worker of a run or of a fleet. It does not depend on its client, and gets one final state. Times in milliseconds since the
 * epoch by the service's clock.
 */
export interface Task {
  /** A UUID. */
  id: string;
  organisation: string;
  /** Raised by each change. A change is only stored over the revision that it was decided on. */
  revision: number;
  /** The run whose workers take it; `null`: its fleet's do. */
  run: string | null;
  /** The fleet whose workers take it; `null`: its run's do. */
  fleet: string | null;
  /** The allocation of its fleet whose resources it uses; `null`: any worker of the fleet, or its run's, takes it. */
  allocation: string | null;
  state: TaskState;
  /** Why it is in its state; `null` where the state alone explains it. */
  reason: TaskReason | null;
  /** Higher first. */
  priority: number;
  command: readonly string[];
  /** The revision of a function that it was made of, `name@revision`; `null`: of none. */
  function: string | null;
  /** The container of the worker that it is done in. */
  container: string;
  files: TaskFiles;
  /** Milliseconds that the command may take. */
  timeout: number;
  /** The most deliveries. */
  attempts: number;
  /** Millicores of the container that it uses. */
  cpu: number;
  /** MB of the container that it uses. */
  memory: number;
  /** Number of the current delivery, or of the last one; 0 before the first. */
  attempt: number;
  /** The delivery that is outstanding, and the id of its command; `null`: none is. It changes with each delivery. */
  token: string | null;
  /** The worker of the current delivery, or of the last one. */
  worker: string | null;
  /** Whether somebody asked for its end while a delivery was outstanding. */
  stopping: boolean;
  createdAt: number;
  /** No delivery begins before; `null`: at once. */
  notBefore: number | null;
  /** When the last delivery began. */
  scheduledAt: number | null;
  /** When the command of the last delivery began. */
  startedAt: number | null;
  /** When it got its final state. */
  finishedAt: number | null;
  /** 128 and the signal's number, as shells report it, for a command that a signal has ended. */
  exitCode: number | null;
  /** Why the last delivery had no result. */
  failure: Problem | null;
  /** What the command has written; `null`: nothing was read. */
  output: TaskOutput | null;
  /** Whether its deliveries are used up without a result. */
  dead: boolean;
  /** The task that was made of it by a redrive. */
  redriven: string | null;
}

export interface TaskOutput {
  /** The first few kilobytes. */
  head: string;
  /** Bytes that were kept. */
  bytes: number;
  /** Whether the command wrote more than is kept. */
  cut: boolean;
}

/**
 * `pending`: waits for a worker. `scheduled`: a worker is stored, and the command may have begun. `running`: the command has begun. `stopped`:
 * somebody asked for its end, or its run has ended.
 */
export const taskStates = ['pending', 'scheduled', 'running', 'completed', 'failed', 'stopped'] as const;
export type TaskState = (typeof taskStates)[number];

/** The states that may follow each state. `pending` follows a delivery without a result. */
export const following = {
  pending: ['scheduled', 'failed', 'stopped'],
  scheduled: ['running', 'pending', 'failed', 'stopped'],
  running: ['completed', 'pending', 'failed', 'stopped'],
  completed: [],
  failed: [],
  stopped: [],
} as const satisfies Record<TaskState, readonly TaskState[]>;

export function mayFollow(from: TaskState, to: TaskState): boolean {
  return (following[from] as readonly TaskState[]).includes(to);
}

export function isFinal(state: TaskState): boolean {
  return following[state].length === 0;
}

/** The id of the run, allocation or fleet that owns its queue. */
export function queueOf({ run, fleet, allocation }: Pick<Task, 'run' | 'fleet' | 'allocation'>): string {
  return run ?? allocation ?? fleet!;
}

/** Whether a worker has the task. */
export function isOutstanding({ token }: Pick<Task, 'token'>): boolean {
  return token !== null;
}

export const taskReasons = [
  /** The command has exited: with 0 a completed task, else a failed one. */
  'exited',
  /** The command took longer than its timeout. */
  'timed_out',
  /** No worker of the run can start the command. */
  'refused',
  /** A delivery had no result, and another one follows. */
  'retry',
  /** The deliveries are used up, and none had a result. */
  'undeliverable',
  /** Somebody asked for its end. */
  'stop_asked',
  /** Its run has ended. */
  'run_ended',
  /** Its run has failed. */
  'run_failed',
  /** Its allocation ends: failed where the worker was lost, else stopped. */
  'allocation_ended',
] as const;
export type TaskReason = (typeof taskReasons)[number];

/** @throws MayflyError `not_possible`, with both states, for a transition that is not in the table */
export function assertFollows({ id, state }: Pick<Task, 'id' | 'state'>, to: TaskState): void {
  if (mayFollow(state, to)) return;
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: `the task is ${state}, and ${to} cannot follow ${state}`,
    remedy: isFinal(state) ? 'add a new task' : `see GET /v1/tasks/${id}`,
  });
}

type SubmittedTask = Pick<
  Task,
  | 'id'
  | 'organisation'
  | 'run'
  | 'fleet'
  | 'allocation'
  | 'priority'
  | 'command'
  | 'function'
  | 'container'
  | 'files'
  | 'timeout'
  | 'attempts'
  | 'cpu'
  | 'memory'
>;

/** A task that was just submitted. */
export function submittedTask({ now, ...asked }: SubmittedTask & { now: number }): Task {
  return {
    ...asked,
    ...{ revision: 0, state: 'pending', reason: null, attempt: 0, token: null, worker: null, stopping: false },
    ...{ createdAt: now, notBefore: null, scheduledAt: null, startedAt: null, finishedAt: null },
    ...{ exitCode: null, failure: null, output: null, dead: false, redriven: null },
  };
}
