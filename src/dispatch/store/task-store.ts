import type { TaskChange } from '../../tasks/delivery.js';
import type { Task, TaskState } from '../../tasks/task.js';
import type { NewEvent } from '../run.js';

/** The tasks of the store. Every change is a compare-and-set with its event, which is one of the task's run. */
export interface TaskStore {
  /** Stores a new task. `existing`: a task of this id is there already. */
  insert(task: NewTask): Promise<{ stored: true } | { stored: false; existing: Task; bodyHash: string }>;
  /** Stores a change if the task is still at `of.revision`. @returns the task after it; `null`: another change was first */
  change(of: Pick<Task, 'id' | 'revision'>, change: TaskChange, event: NewEvent): Promise<Task | null>;
  /** Stores a new task in place of a dead one, which then names it. @returns `null`: another redrive was first */
  redrive(dead: Pick<Task, 'id' | 'revision'>, task: NewTask): Promise<Task | null>;
  task(id: string): Promise<Task | null>;
  /** Newest first. @throws MayflyError `usage` if `after` is not the `next` of an earlier page */
  tasks(query: TaskQuery): Promise<{ tasks: Task[]; next: string | null }>;
  /** Tasks without a final state, in pages of a few hundred. */
  unfinished(): AsyncIterable<Task>;
  /** Variables and input, encrypted; `null`: it has none, or it has ended and is not dead. */
  sealed(id: string): Promise<Uint8Array | null>;
  /** Numbers of a run's tasks, by state and worker. */
  counts(run: string): Promise<TaskCount[]>;
}

export interface NewTask {
  task: Task;
  /** See `sealed`. */
  sealed: Uint8Array | null;
  /** The hash of the request's body: a repeated request with another body is an error. */
  bodyHash: string;
  event: NewEvent;
}

export interface TaskQuery {
  organisation: string;
  run?: string;
  allocation?: string;
  state?: TaskState;
  /** Only dead tasks that were not redriven. */
  dead?: boolean;
  /** The `next` of an earlier answer. */
  after?: string;
  limit: number;
}

export interface TaskCount {
  state: TaskState;
  /** Of the last delivery; `null`: none was made. */
  worker: string | null;
  count: number;
  /** Those whose command has begun, and the sum of the milliseconds from their creation to there. */
  begun: number;
  waited: number;
  /** Those whose command has ended, and the sum of its milliseconds. */
  ended: number;
  took: number;
}
