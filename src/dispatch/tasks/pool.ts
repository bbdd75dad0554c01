import { MayflyError, type Problem } from '../../errors.js';
import { engineName } from '../../spec/worker-spec.js';
import { type Allocation, isOpen, roomOf } from '../../tasks/allocations/allocation.js';
import type { TaskResources, WorkerSource } from '../../tasks/worker.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import type { Task } from '../../tasks/task.js';
import { hasSpec, isFinal, type Run } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { endMargin, roomsOf } from './run-workers.js';

/**
 * The workers of a queue: of a run, of a fleet, or the part of one that an allocation of a fleet has. `takesUntil`: see `TaskWorker`;
 * `Infinity` where the allocation has no ready worker.
 */
export type Pool = { run: Run } | { fleet: Fleet; allocation?: never } | { fleet: Fleet; allocation: Allocation; takesUntil: number };

/** The workers that a pool can have. */
export interface PoolTerms {
  /** Resources of each container. */
  rooms: ReadonlyMap<string, TaskResources>;
  /** The container of a task that names none. */
  container: string;
  /** The longest time of a task, in milliseconds. */
  longest: number;
}

/** @throws MayflyError `not_possible` where no worker of the pool can take a task */
export function termsOf(pool: Pool, now: number): PoolTerms {
  if ('fleet' in pool) {
    const { name, state, spec } = pool.fleet;
    if (state !== 'open') throw noWorkers(name, 'the fleet was removed', 'name another fleet');
    const longest = spec.max_duration * 1000 - endMargin;
    if (!pool.allocation) return { rooms: roomsOf(spec), container: engineName, longest };
    const { allocation, takesUntil } = pool;
    const { id, container } = allocation;
    if (!isOpen(allocation)) throw noWorkers(id, `the allocation is ${allocation.state}: ${allocation.reason}`, 'add another allocation');
    return { rooms: new Map([[container, roomOf(allocation)]]), container, longest: Math.min(longest, takesUntil - now) };
  }
  const { run } = pool;
  const { id, state, fleet, primary } = run;
  if (isFinal(state)) throw noWorkers(id, `the run is ${state}: no worker of it follows`, 'name another run');
  if (state === 'elsewhere' || !hasSpec(run))
    throw noWorkers(id, 'the run has no spec here, so no task can be checked against its workers', 'name another run');
  if (fleet !== null) throw noWorkers(id, 'the run is a worker of a fleet, which chooses among its workers', 'name the fleet');
  if (primary !== null)
    throw noWorkers(id, 'the run is a stealer, which takes tasks of its primary', `name the run ${runOfWorker(primary)!.run}`);
  // An extension may have given its worker a later end.
  const longest = Math.max(run.spec.max_duration * 1000, (run.ends ?? 0) - now) - endMargin;
  return { rooms: roomsOf(run.spec), container: engineName, longest };
}

export function organisationOf(pool: Pool): string {
  return 'fleet' in pool ? pool.fleet.organisation : pool.run.organisation;
}

/** @throws MayflyError `not_possible` where its fleet is closed */
export function poolOfAllocation(
  allocation: Allocation,
  { fleets, ofRun }: { fleets: { get(id: string): Fleet | undefined }; ofRun: WorkerSource },
): Pool {
  const { id, worker } = allocation;
  const fleet = fleets.get(allocation.fleet);
  if (!fleet) throw noWorkers(id, 'the fleet of the allocation is closed', 'name another fleet');
  const workers = worker === null ? [] : ofRun.workersOf(runOfWorker(worker)!.run);
  const takesUntil = workers.find(({ name }) => name === worker)?.takesUntil ?? Infinity;
  return { fleet, allocation, takesUntil };
}

/** The fields of a task that name its queue. */
export function addressOf(pool: Pool): Pick<Task, 'run' | 'fleet' | 'allocation'> {
  if ('run' in pool) return { run: pool.run.id, fleet: null, allocation: null };
  return { run: null, fleet: pool.fleet.id, allocation: pool.allocation?.id ?? null };
}

/** A name that is none of a worker's containers. */
export function noContainer(rooms: PoolTerms['rooms'], container: string, path = 'container'): Problem {
  return { place: { path }, cause: `${container} is none of ${[...rooms.keys()].join(', ')}`, remedy: 'name one of these containers' };
}

function noWorkers(path: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path }, cause, remedy });
}
