import type { Clock } from '../../clock.js';
import type { Freed, Scaling } from '../../tasks/fleets/scale.js';
import type { Commands } from '../commands.js';
import type { Fleets } from '../fleets/fleets.js';
import { tryAgainAfter } from '../fleets/pass.js';
import { dollarsOf } from '../fleets/queue-workers.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import { runOfWorker } from '../worker-name.js';
import type { KeptPrimary, Stealers } from './stealers.js';

export interface FreeingParts {
  stealers: Stealers;
  fleets: Fleets;
  store: Pick<Store, 'attempts'>;
  runs: Runs;
  commands: Pick<Commands, 'cancel'>;
  clock: Pick<Clock, 'now'>;
  isTaking(worker: string): boolean;
}

/** Ends stealers, and returns borrowed ones to their fleets. */
export class Freeing {
  constructor(private readonly parts: FreeingParts) {}

  /** Ends a stealer whose primary has ended. */
  async endWithoutPrimary(run: Run): Promise<null> {
    await this.end(run, { why: 'primary_ended', cause: 'the worker of its run has ended' });
    return null;
  }

  /**
   * Frees stealers. All of them take no more tasks before the first is freed: a task that comes in between would be lost with its worker.
   *
   * @returns the decision, which is repeated soon if one of them is about to take a task
   */
  async free(kept: KeptPrimary, scaling: Scaling): Promise<Scaling> {
    const { stealers, runs, clock } = this.parts;
    const found = scaling.free.flatMap((freed) => {
      const run = runs.get(freed.run);
      return run && !stealers.freeing.has(run.id) ? [{ run, freed }] : [];
    });
    const left = found.filter(({ run }) => !this.parts.isTaking(run.worker ?? ''));
    for (const { run } of left) stealers.freeing.add(run.id);
    try {
      for (const { run, freed } of left) await this.freeOne(run, freed, kept);
    } catch (error) {
      for (const { run } of left) stealers.freeing.delete(run.id);
      throw error;
    }
    return left.length < found.length ? { ...scaling, nextAt: clock.now() + tryAgainAfter } : scaling;
  }

  /** A borrowed worker is returned to its fleet, if it can take tasks. Any other is ended. */
  private async freeOne(found: Run, freed: Freed, { demand }: KeptPrimary): Promise<void> {
    const { stealers, fleets, runs, clock } = this.parts;
    const { id, fleet, worker } = found;
    if (fleet === null || worker === null || freed.why === 'broken' || freed.why === 'removed') return this.end(found, freed);
    stealers.freeing.add(id);
    try {
      await this.addFreed(found, freed);
      const returned = await runs.change(
        runs.get(id) ?? found,
        { primary: null },
        { type: 'returned', data: { from: runOfPrimary(found)?.run ?? null } },
      );
      if (!returned) return;
      demand.forget(worker);
      fleets.withStartsOf(fleet)?.demand.rest(worker, clock.now());
    } finally {
      stealers.freeing.delete(id);
    }
  }

  /** The event is stored first: a process that dies between the two decides again. */
  private async end(found: Run, freed: { why: string; cause: string }): Promise<void> {
    const { stealers, commands } = this.parts;
    stealers.freeing.add(found.id);
    try {
      await this.addFreed(found, freed);
      await commands.cancel(found.id, freed.cause);
    } catch (error) {
      stealers.freeing.delete(found.id);
      throw error;
    }
  }

  private async addFreed(found: Run, { why, cause }: { why: string; cause: string }): Promise<void> {
    const { runs, store } = this.parts;
    const primary = runOfPrimary(found);
    // The store may have removed a run that has ended long ago.
    if (!primary || !(await runs.find(primary.run))) return;
    const data = { run: found.id, worker: found.worker, why, cause, usd_per_hour: await dollarsOf(found, store) };
    await runs.addEvent(primary.run, primary.attempt, { type: 'stealer_freed', data });
  }
}

/** The run and attempt of a stealer's primary; `null`: the run is no stealer. */
export function runOfPrimary({ primary }: Run): { run: string; attempt: number } | null {
  return primary === null ? null : runOfWorker(primary);
}
