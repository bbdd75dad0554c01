import type { Clock } from '../../clock.js';
import { type Allocation, type AllocationReason, overdue, roomOf } from '../../tasks/allocations/allocation.js';
import { choose, type Host } from '../../tasks/allocations/choose.js';
import { close, end, grant } from '../../tasks/allocations/decisions.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import type { Rooms } from '../../tasks/fleets/snapshot.js';
import type { TaskResources, TaskWorker, WorkerSource } from '../../tasks/worker.js';
import type { Run } from '../run.js';
import { holds } from '../tasks/run-workers.js';
import { runOfWorker } from '../worker-name.js';
import type { Allocations } from './allocations.js';

interface ReservationParts {
  allocations: Allocations;
  runs: { get(id: string): Run | undefined };
  fleets: {
    get(id: string): Fleet | undefined;
    /** Its runs whose workers take tasks. */
    takersOf(id: string): Run[];
    /** Resources of a worker that neither tasks nor allocations have. */
    freeOf(fleet: string, worker: string, rooms: Rooms): Rooms;
  };
  /** The workers of runs. */
  ofRun: WorkerSource;
  /** Why a worker takes no more tasks; `null`: it takes them. */
  asideReason(worker: string): string | null;
  /** Looks at a queue soon. */
  wake(queue: string): void;
  clock: Pick<Clock, 'now'>;
}

/**
 * Gives resources of workers to allocations and takes them back, in the passes of the desk. Nothing else does, so no pass gives them twice.
 */
export class Reservations implements WorkerSource {
  /** By fleet: containers of workers that wait for an allocation, and in which no task begins. */
  private readonly held = new Map<string, ReadonlySet<string>>();
  /** Workers that were chosen, until the choice is stored. */
  private taking: ReadonlySet<string> = new Set();

  constructor(private readonly parts: ReservationParts) {}

  /** When time alone ends the next allocation; `null`: never. */
  get nextAt(): number | null {
    return this.parts.allocations.nextAt;
  }

  /** Allocations that time alone ends now. */
  due(now: number): string[] {
    const { allocations } = this.parts;
    if ((allocations.nextAt ?? Infinity) > now) return [];
    return [...allocations.all()].filter((one) => overdue(one, now) !== null).map(({ id }) => id);
  }

  /** Whether a queue is that of an allocation, or of a fleet with one. */
  has(queue: string): boolean {
    const { allocations } = this.parts;
    return allocations.has(queue) || allocations.get(queue) !== undefined;
  }

  /** Whether a worker was chosen, and the choice is not stored yet. */
  isTaking(worker: string): boolean {
    return this.taking.has(worker);
  }

  /** Allocations that have resources of a worker. */
  onWorker(worker: string): Allocation[] {
    return this.parts.allocations.onWorker(worker);
  }

  /** Whether a task of the queue may begin now. */
  mayBegin(queue: string, now: number): boolean {
    const allocation = this.parts.allocations.get(queue);
    return !allocation || (allocation.state === 'granted' && overdue(allocation, now) === null);
  }

  /**
   * Changes the allocations of a queue: grants those of a fleet, and ends one whose time is over.
   *
   * @param isWorking whether tasks of the queue run
   */
  async settle(queue: string, isWorking: boolean): Promise<void> {
    const { allocations, fleets, wake } = this.parts;
    const allocation = allocations.get(queue);
    if (allocation) return this.settleOne(allocation, isWorking);
    this.held.delete(queue);
    const own = allocations.ofFleet(queue);
    if (fleets.get(queue)?.state === 'open') await this.grantAll(queue, own);
    else for (const { id } of own) wake(id);
  }

  private async settleOne({ id }: Allocation, isWorking: boolean): Promise<void> {
    const { allocations } = this.parts;
    const { state } = await allocations.change(id, (one, now) => {
      const reason = this.endReason(one, now);
      return reason && close(one, { reason, now });
    });
    if (state !== 'closing' || isWorking) return;
    await allocations.change(id, (one, now) => (one.state === 'closing' ? end(one, now) : null));
  }

  private endReason(allocation: Allocation, now: number): AllocationReason | null {
    const { fleets, runs, asideReason } = this.parts;
    const { fleet, worker } = allocation;
    if (fleets.get(fleet)?.state !== 'open') return 'fleet_removed';
    const isLost = worker !== null && (asideReason(worker) !== null || !holds(runs.get(runOfWorker(worker)?.run ?? ''), worker));
    return isLost ? 'worker_lost' : overdue(allocation, now);
  }

  private async grantAll(fleet: string, own: readonly Allocation[]): Promise<void> {
    const { allocations, clock } = this.parts;
    const waiting = own.filter(({ state }) => state === 'waiting');
    if (waiting.length === 0) return;
    const { choices, held } = choose(waiting, this.hosts(fleet), clock.now());
    this.held.set(fleet, new Set(held.map(placeOf)));
    this.taking = new Set(choices.map(({ host }) => host.worker));
    await Promise.all(
      choices.map(({ allocation: { id }, host: { worker }, resources }) =>
        allocations.change(id, (one, now) =>
          one.state === 'waiting' && overdue(one, now) === null ? grant(one, { worker, resources, now }) : null,
        ),
      ),
    ).finally(() => (this.taking = new Set()));
  }

  private hosts(fleet: string): Host[] {
    const { fleets, asideReason } = this.parts;
    return this.takersOf(fleet)
      .filter(({ name }) => asideReason(name) === null)
      .flatMap(({ name: worker, takesUntil, containers }) => {
        const free = fleets.freeOf(fleet, worker, Object.fromEntries(containers));
        const rest = this.restOf(worker, containers);
        return [...rest].map(([container, most]) => ({ worker, container, takesUntil, most, free: free[container]! }));
      });
  }

  /** The workers of an allocation, or of a fleet, with the resources that its own tasks have. */
  workersOf(queue: string): TaskWorker[] {
    const { allocations, ofRun } = this.parts;
    const allocation = allocations.get(queue);
    if (allocation) {
      if (allocation.state !== 'granted') return [];
      const { worker, container } = allocation;
      const found = ofRun
        .workersOf(runOfWorker(worker!)!.run)
        .filter(({ name, containers }) => name === worker && containers.has(container));
      return found.map((one) => ({ ...one, containers: new Map([[container, roomOf(allocation)]]) }));
    }
    const takers = this.takersOf(queue);
    if (!allocations.has(queue)) return takers;
    const held = this.held.get(queue);
    return takers.map((one) => {
      const rest = [...this.restOf(one.name, one.containers)];
      return { ...one, containers: new Map(rest.filter(([container]) => !held?.has(placeOf({ worker: one.name, container })))) };
    });
  }

  private takersOf(fleet: string): TaskWorker[] {
    return this.parts.fleets.takersOf(fleet).flatMap(({ id }) => this.parts.ofRun.workersOf(id));
  }

  /** Resources of a worker that no allocation has. */
  private restOf(worker: string, containers: TaskWorker['containers']): Map<string, TaskResources> {
    const rest = new Map([...containers].map(([name, room]) => [name, { ...room }]));
    for (const { container, granted } of this.onWorker(worker)) {
      const room = rest.get(container);
      if (!room || !granted) continue;
      room.cpu -= granted.cpu;
      room.memory -= granted.memory;
    }
    return rest;
  }
}

function placeOf({ worker, container }: Pick<Host, 'worker' | 'container'>): string {
  return `${worker} ${container}`;
}
