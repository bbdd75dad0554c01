import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Decision } from '../../tasks/delivery.js';
import { isFinal, type Task } from '../../tasks/task.js';
import type { TaskStore, NewTask } from '../store/task-store.js';

/** Tasks without a final state, as the store has them. Every change of a task goes through here. */
export class Tasks {
  private readonly unfinished = new Map<string, Task>();

  constructor(
    private readonly store: TaskStore,
    private readonly clock: Pick<Clock, 'now'>,
    /** Called after each change, for each new task, and for each that was read at the start. */
    private readonly onChange: (task: Task, before: Task | undefined) => void,
  ) {}

  /** Reads the tasks that an earlier process left. */
  async load(): Promise<void> {
    for await (const task of this.store.unfinished()) this.keep(task);
  }

  get(id: string): Task | undefined {
    return this.unfinished.get(id);
  }

  /** The task as it is now, also a finished one. */
  async find(id: string): Promise<Task | null> {
    return this.unfinished.get(id) ?? this.store.task(id);
  }

  all(): Iterable<Task> {
    return this.unfinished.values();
  }

  get size(): number {
    return this.unfinished.size;
  }

  /** See `TaskStore.insert`. */
  async insert(task: NewTask): ReturnType<TaskStore['insert']> {
    const inserted = await this.store.insert(task);
    if (inserted.stored) this.keep(task.task);
    return inserted;
  }

  /** See `TaskStore.redrive`. */
  async redrive(dead: Task, task: NewTask): Promise<Task | null> {
    const redriven = await this.store.redrive(dead, task);
    if (redriven) this.keep(redriven);
    return redriven;
  }

  /**
   * Stores a decision about a task. It is made on the newest revision, again where another change was first.
   *
   * @param decide `null`: nothing changes
   * @returns the task after it
   * @throws MayflyError `task_unknown`, and the errors of `decide`
   */
  async change(id: string, decide: (task: Task, now: number) => Decision | null): Promise<Task> {
    for (;;) {
      const task = await this.find(id);
      if (!task) throw taskUnknown(id);
      const now = this.clock.now();
      const decision = decide(task, now);
      if (decision === null) return task;
      const changed = await this.store.change(task, decision.change, { at: now, ...decision.event });
      const current = changed ?? (await this.store.task(id));
      if (current) this.keep(current);
      else this.unfinished.delete(id);
      if (changed) return changed;
    }
  }

  private keep(task: Task): void {
    const earlier = this.unfinished.get(task.id);
    if (earlier && earlier.revision > task.revision) return;
    if (isFinal(task.state)) this.unfinished.delete(task.id);
    else this.unfinished.set(task.id, task);
    this.onChange(task, earlier);
  }
}

export function taskUnknown(id: string): MayflyError {
  return new MayflyError('task_unknown', { place: { path: id }, cause: 'there is no task with this id', remedy: 'see GET /v1/tasks' });
}
