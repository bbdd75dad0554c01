import { MayflyError } from '../../errors.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import { hasSpec, isFinal, type Run } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { endMargin } from './run-workers.js';

/** The workers of a queue: of a run, or of a fleet. */
export type Pool = { run: Run } | { fleet: Fleet };

/** The workers that a pool can have. */
export interface PoolTerms {
  spec: WorkerSpec;
  /** The longest time of a task, in milliseconds. */
  longest: number;
}

/** @throws MayflyError `not_possible` where no worker of the pool can take a task */
export function termsOf(pool: Pool, now: number): PoolTerms {
  if ('fleet' in pool) {
    const { name, state, spec } = pool.fleet;
    if (state !== 'open') throw noWorkers(name, 'the fleet was removed', 'name another fleet');
    return { spec, longest: spec.max_duration * 1000 - endMargin };
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
  return { spec: run.spec, longest: Math.max(run.spec.max_duration * 1000, (run.ends ?? 0) - now) - endMargin };
}

export function organisationOf(pool: Pool): string {
  return 'fleet' in pool ? pool.fleet.organisation : pool.run.organisation;
}

function noWorkers(path: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path }, cause, remedy });
}
