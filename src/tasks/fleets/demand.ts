import { isOutstanding, type Task } from '../task.js';
import type { TaskResources } from '../worker.js';
import type { Need, Rooms } from './snapshot.js';

/** The waiting tasks of one fleet, and the work of its workers. Counted at each change of a task, so that no decision walks over all tasks. */
export class Demand {
  private readonly needs = new Map<string, Need>();
  private readonly work = new Map<string, Map<string, Task>>();
  private readonly idle = new Map<string, number>();

  /** Takes note of a change. @param now milliseconds since the epoch */
  changed(task: Task, before: Task | undefined, now: number): void {
    if (before?.state === 'pending') this.count(before, -1);
    if (task.state === 'pending') this.count(task, 1);
    if (before && isOutstanding(before)) this.end(before, now);
    if (isOutstanding(task)) this.begin(task);
  }

  /** Tasks that wait, those that ask for the same together. */
  waiting(): Need[] {
    return [...this.needs.values()];
  }

  /** Whether the worker has tasks. */
  isBusy(worker: string): boolean {
    return this.work.has(worker);
  }

  /** When its last task ended; `null`: it had none since the start of this process. */
  idleSince(worker: string): number | null {
    return this.idle.get(worker) ?? null;
  }

  /** Resources that the tasks of a worker leave. */
  freeOf(worker: string, rooms: Rooms): Rooms {
    const free: Record<string, TaskResources> = Object.fromEntries(Object.entries(rooms).map(([name, amounts]) => [name, { ...amounts }]));
    for (const { container, cpu, memory } of this.work.get(worker)?.values() ?? []) {
      const room = free[container];
      if (!room) continue;
      room.cpu -= cpu;
      room.memory -= memory;
    }
    return free;
  }

  /** The worker is without tasks from now on. @param now milliseconds since the epoch */
  rest(worker: string, now: number): void {
    this.idle.set(worker, now);
  }

  /** Removes the idle time of a worker that is gone. */
  forget(worker: string): void {
    this.idle.delete(worker);
  }

  private count(task: Task, by: number): void {
    const { id, container, cpu, memory, timeout } = task;
    const key = [container, cpu, memory, timeout].join(' ');
    const need = this.needs.get(key) ?? { by: `task ${id}`, container, asks: { cpu, memory }, timeout, count: 0 };
    const count = need.count + by;
    if (count > 0) this.needs.set(key, { ...need, count });
    else this.needs.delete(key);
  }

  private begin(task: Task): void {
    const own = this.work.get(task.worker!) ?? new Map<string, Task>();
    this.work.set(task.worker!, own.set(task.id, task));
    this.idle.delete(task.worker!);
  }

  private end({ id, worker }: Task, now: number): void {
    const own = this.work.get(worker!);
    own?.delete(id);
    if (own?.size !== 0) return;
    this.work.delete(worker!);
    this.idle.set(worker!, now);
  }
}
