import { expect } from 'vitest';
import type { Task } from '../../src/tasks/task.js';
import type { TaskWorker } from '../../src/tasks/worker.js';

/** The rules of the queue and of deliveries, written a second time, slowly and without shared code. */
export class ReferenceQueue {
  private readonly tokens = new Set<string>();
  private readonly ended = new Set<string>();

  /** Lines of `task worker`, for a worker with one container each. */
  assign(tasks: readonly Task[], now: number, workers: readonly TaskWorker[]): string[] {
    const used = new Map(workers.map(({ name }) => [name, { cpu: 0, memory: 0 }]));
    for (const { state, worker, cpu, memory } of tasks) {
      const own = state === 'scheduled' || state === 'running' ? used.get(worker!) : undefined;
      if (own) [own.cpu, own.memory] = [own.cpu + cpu, own.memory + memory];
    }
    const waiting = tasks.filter(({ state, notBefore }) => state === 'pending' && (notBefore === null || notBefore <= now));
    const key = ({ priority, createdAt, id }: Task) => `${9999 - priority} ${String(createdAt).padStart(12, '0')} ${id}`;
    waiting.sort((a, b) => (key(a).padStart(80) < key(b).padStart(80) ? -1 : 1));
    const held = new Set<string>();
    const lines: string[] = [];
    for (const task of waiting) {
      const open = workers.filter(({ name, takesUntil, containers }) => {
        const most = containers.get(task.container);
        return most && !held.has(name) && takesUntil - now >= task.timeout && most.cpu >= task.cpu && most.memory >= task.memory;
      });
      const free = open.find(({ name, containers }) => {
        const [most, own] = [containers.get(task.container)!, used.get(name)!];
        return own.cpu + task.cpu <= most.cpu && own.memory + task.memory <= most.memory;
      });
      if (free) {
        const own = used.get(free.name)!;
        [own.cpu, own.memory] = [own.cpu + task.cpu, own.memory + task.memory];
        lines.push(`${task.id} ${free.name}`);
      } else if (open.length > 0) held.add(open[0]!.name);
    }
    return lines;
  }

  /** Whether the act is allowed in the task's state, with its own token or with another one (`late`). */
  allows({ state }: Task, act: 'begin' | 'exit' | 'return' | 'stop' | 'late'): boolean {
    if (act === 'late') return false;
    if (act === 'stop') return state !== 'completed' && state !== 'failed';
    if (act === 'begin') return state === 'scheduled';
    if (act === 'return') return state === 'scheduled' || state === 'running';
    return state === 'running';
  }

  /** Rules of every change. */
  check(before: Task, after: Task): void {
    expect(this.ended.has(before.id)).toBe(false);
    const outstanding = after.state === 'scheduled' || after.state === 'running';
    expect(after.token !== null).toBe(outstanding);
    if (after.state === 'scheduled') {
      expect(after.attempt).toBe(before.attempt + (before.state === 'scheduled' ? 0 : 1));
      if (before.state === 'pending') {
        expect(after.attempt).toBeLessThanOrEqual(after.attempts);
        expect(this.tokens.has(after.token!)).toBe(false);
        this.tokens.add(after.token!);
      }
    }
    if (after.state === 'pending') expect(after.attempt).toBeLessThan(after.attempts);
    if (after.dead) expect([after.state, after.attempt]).toEqual(['failed', after.attempts]);
    if (after.state === 'completed') expect(after.exitCode).toBe(0);
    if (['completed', 'failed', 'stopped'].includes(after.state)) this.ended.add(after.id);
  }
}
