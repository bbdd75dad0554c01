import type { TaskResources } from '../worker.js';
import type { Claim } from './claim.js';
import type { Need, Rooms } from './snapshot.js';

/** The claims of one fleet's tasks and allocations. Counted at each change of one, so that no decision walks over all. */
export class Demand {
  private readonly needs = new Map<string, Need>();
  private readonly work = new Map<string, Map<string, Claim>>();
  private readonly idle = new Map<string, number>();

  /** Called after a change of a claim. @param now milliseconds since the epoch */
  changed(claim: Claim | null, before: Claim | null, now: number): void {
    if (before) this.remove(before, now);
    if (claim) this.add(claim);
  }

  /** Claims that wait, those that ask for the same together. */
  waiting(): Need[] {
    return [...this.needs.values()];
  }

  /** Whether the worker has tasks or allocations. */
  isBusy(worker: string): boolean {
    return this.work.has(worker);
  }

  /** When its last claim ended; `null`: it had none since the start of this process. */
  idleSince(worker: string): number | null {
    return this.idle.get(worker) ?? null;
  }

  /** Resources of a worker that nobody has. */
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

  /** Removes a worker that is gone, perhaps before its claims are. */
  forget(worker: string): void {
    this.work.delete(worker);
    this.idle.delete(worker);
  }

  private add(claim: Claim): void {
    const { id, worker } = claim;
    if (worker === null) return this.count(claim, 1);
    const own = this.work.get(worker) ?? new Map<string, Claim>();
    this.work.set(worker, own.set(id, claim));
    this.idle.delete(worker);
  }

  private remove(claim: Claim, now: number): void {
    const { id, worker } = claim;
    if (worker === null) return this.count(claim, -1);
    const own = this.work.get(worker);
    own?.delete(id);
    if (own?.size !== 0) return;
    this.work.delete(worker);
    this.idle.set(worker, now);
  }

  private count({ by, container, cpu, memory, timeout, modules }: Claim, change: 1 | -1): void {
    const key = [container, cpu, memory, timeout, modules].join(' ');
    const need = this.needs.get(key) ?? { by, container, asks: { cpu, memory }, timeout, ...(modules && { modules }), count: 0 };
    const count = need.count + change;
    if (count > 0) this.needs.set(key, { ...need, count });
    else this.needs.delete(key);
  }
}
