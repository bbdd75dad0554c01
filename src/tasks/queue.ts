import { type Assignment, assign } from './assign.js';
import { isFinal, isOutstanding, type Task } from './task.js';
import type { TaskWorker } from './worker.js';

/** The tasks of one queue that have no final state. Time is passed in. */
export class TaskQueue {
  private readonly tasks = new Map<string, Task>();
  /** Pending tasks, the next one last. */
  private readonly ready: Task[] = [];
  /** Pending tasks that a worker has given back, while their pause lasts. */
  private readonly paused = new Set<Task>();
  private readonly delivered = new Set<Task>();

  get size(): number {
    return this.tasks.size;
  }

  /** Whether workers have tasks of it. */
  get isWorking(): boolean {
    return this.delivered.size > 0;
  }

  /** In no order. */
  all(): Iterable<Task> {
    return this.tasks.values();
  }

  /** Tasks that workers have. */
  outstanding(): Iterable<Task> {
    return this.delivered;
  }

  /** Adds a task, or replaces it by a newer revision. One with a final state is removed. */
  put(task: Task): void {
    const earlier = this.tasks.get(task.id);
    if (earlier && earlier.revision > task.revision) return;
    if (earlier) this.remove(earlier);
    if (isFinal(task.state)) return;
    this.tasks.set(task.id, task);
    if (isOutstanding(task)) this.delivered.add(task);
    else if (task.notBefore === null) this.insert(task);
    else this.paused.add(task);
  }

  /** When the next pause is over; `null`: no task has one. */
  get nextAt(): number | null {
    let least: number | null = null;
    for (const { notBefore } of this.paused) least = Math.min(least ?? Infinity, notBefore!);
    return least;
  }

  /** Chooses workers for tasks that can begin now. A task is delivered when its `put` has the token. */
  assign(now: number, workers: readonly TaskWorker[]): Assignment[] {
    for (const task of this.paused) {
      if (task.notBefore! > now) continue;
      this.paused.delete(task);
      this.insert(task);
    }
    return assign({ now, workers, pending: this.inOrder(), outstanding: this.delivered });
  }

  private *inOrder(): Iterable<Task> {
    for (let at = this.ready.length - 1; at >= 0; at -= 1) yield this.ready[at]!;
  }

  private insert(task: Task): void {
    this.ready.splice(this.placeOf(task), 0, task);
  }

  private remove(task: Task): void {
    this.tasks.delete(task.id);
    if (this.delivered.delete(task) || this.paused.delete(task)) return;
    this.ready.splice(this.placeOf(task), 1);
  }

  /** The index of the task, or its place if it is not ready yet. */
  private placeOf(task: Task): number {
    let [low, high] = [0, this.ready.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTurn(task, this.ready[middle]!) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

type Turn = Pick<Task, 'priority' | 'createdAt' | 'id'>;

/** The order of a queue: by priority, then by age. */
function byTurn(a: Turn, b: Turn): number {
  return b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}
