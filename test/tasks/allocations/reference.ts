import { expect } from 'vitest';
import type { Allocation } from '../../../src/tasks/allocations/allocation.js';
import type { Host } from '../../../src/tasks/allocations/choose.js';
import type { TaskResources } from '../../../src/tasks/worker.js';

interface Worker {
  name: string;
  has: TaskResources;
  takesUntil: number;
  tasks: TaskResources[];
}

/** Workers of a fleet with one container each, and who has what of them: the rules of grants, written a second time, slowly. */
export class ReferenceFleet {
  private readonly workers: Worker[] = [];
  allocations: Allocation[] = [];

  addWorker(has: TaskResources, takesUntil: number): void {
    this.workers.push({ name: `w${this.workers.length}`, has, takesUntil, tasks: [] });
  }

  put(allocation: Allocation): void {
    const found = this.allocations.findIndex(({ id }) => id === allocation.id);
    if (found < 0) this.allocations.push(allocation);
    else this.allocations[found] = allocation;
  }

  /** A task without an allocation, where it fits. */
  beginTask(of: number, size: TaskResources): void {
    const worker = this.workers[of];
    if (worker && fits(size, this.free(worker))) worker.tasks.push(size);
  }

  finishTask(of: number): void {
    this.workers[of]?.tasks.shift();
  }

  hosts(): Host[] {
    return this.workers.map((worker) => {
      const { name, takesUntil } = worker;
      return { worker: name, container: 'engine', takesUntil, most: this.unreserved(worker), free: this.free(worker) };
    });
  }

  /** Lines of `allocation worker cpu memory`, and the names of held workers. */
  expected(waiting: readonly Allocation[], now: number): [string[], string[]] {
    const lines: string[] = [];
    const held: string[] = [];
    const given = new Map<string, TaskResources[]>();
    const less = (room: TaskResources, { name }: Worker) => minus(room, given.get(name) ?? []);
    for (const { id, min, max, ttl } of waiting) {
      const could = this.workers.filter(
        (worker) => !held.includes(worker.name) && worker.takesUntil - now >= ttl && fits(min, less(this.unreserved(worker), worker)),
      );
      let best: { worker: Worker; gets: TaskResources; score: [number, number] } | null = null;
      for (const worker of could) {
        const free = less(this.free(worker), worker);
        if (!fits(min, free)) continue;
        const gets = { cpu: Math.min(free.cpu, max.cpu), memory: Math.min(free.memory, max.memory) };
        const score: [number, number] = [gets.cpu / max.cpu + gets.memory / max.memory, -(free.cpu / max.cpu + free.memory / max.memory)];
        if (!best || score[0] > best.score[0] || (score[0] === best.score[0] && score[1] > best.score[1])) best = { worker, gets, score };
      }
      if (best) {
        lines.push(`${id} ${best.worker.name} ${best.gets.cpu} ${best.gets.memory}`);
        given.set(best.worker.name, [...(given.get(best.worker.name) ?? []), best.gets]);
      } else if (could[0]) held.push(could[0].name);
    }
    return [lines, held.toSorted()];
  }

  /** No worker has given more than it has, and each grant is within what was asked for. */
  assertSound(): void {
    for (const worker of this.workers) {
      const { cpu, memory } = this.free(worker);
      expect(Math.min(cpu, memory)).toBeGreaterThanOrEqual(0);
    }
    for (const { min, max, granted } of this.allocations)
      if (granted) expect([fits(min, granted), fits(granted, max)]).toEqual([true, true]);
  }

  private unreserved({ name, has }: Worker): TaskResources {
    const own = this.allocations.filter(({ worker, state }) => worker === name && state !== 'ended');
    return minus(
      has,
      own.map(({ granted }) => granted!),
    );
  }

  private free(worker: Worker): TaskResources {
    return minus(this.unreserved(worker), worker.tasks);
  }
}

function minus(room: TaskResources, taken: readonly TaskResources[]): TaskResources {
  return taken.reduce((rest, { cpu, memory }) => ({ cpu: rest.cpu - cpu, memory: rest.memory - memory }), room);
}

function fits(asks: TaskResources, room: TaskResources): boolean {
  return asks.cpu <= room.cpu && asks.memory <= room.memory;
}
