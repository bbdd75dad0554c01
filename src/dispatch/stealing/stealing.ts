import type { Growth, Refusal, Scaling } from '../../tasks/fleets/scale.js';
import type { Need } from '../../tasks/fleets/snapshot.js';
import { afterEnd, hasFailed, noStarts } from '../../tasks/fleets/starts.js';
import { spareOf, steal, stealerIdle, needOfRun } from '../../tasks/stealing/steal.js';
import type { Workers } from '../../tasks/stealing/workers.js';
import { endOf } from '../fleets/end-of.js';
import type { KeptFleet } from '../fleets/fleets.js';
import { earliest, eachOf, tryAgainAfter } from '../fleets/pass.js';
import { type Picture, pictureOf, type Template } from '../fleets/picture.js';
import { dollarsOf, grownData, queueWorkers } from '../fleets/queue-workers.js';
import type { ScalingParts } from '../fleets/sizing.js';
import { hasSpec, type Run, type WithSpec } from '../run.js';
import type { Store } from '../store/store.js';
import { Freeing, type FreeingParts, runOfPrimary } from './freeing.js';
import type { KeptPrimary } from './stealers.js';

interface StealingParts extends Omit<FreeingParts, 'clock'>, ScalingParts {
  store: Pick<Store, 'secrets' | 'attempts' | 'fleets'>;
}

/** A run whose primary is ready. */
type Primary = WithSpec & { workers: Workers; worker: string };

/** Adds stealers to runs with more tasks than their workers can take, and frees them, in passes. */
export class Stealing {
  private readonly freeing: Freeing;

  constructor(private readonly parts: StealingParts) {
    this.freeing = new Freeing(parts);
  }

  /** See `SizingParts`. */
  needsOf(fleet: string): readonly Need[] {
    return this.parts.stealers.all().flatMap(({ needs }) => (needs?.fleet === fleet ? [needs.need] : []));
  }

  /** Why a run has fewer stealers than it needs; `null`: it has as many. */
  missingOf(run: string): string | null {
    const kept = this.parts.stealers.get(run);
    return kept?.refused ?? (kept?.needs ? this.parts.fleets.refusedOf(kept.needs.fleet) : null);
  }

  /** @returns when the next pass is needed without an event; `null`: never */
  async pass(): Promise<number | null> {
    const { stealers, clock, log } = this.parts;
    const ofRun = { clock, log, idOf: ({ id }: Run) => id };
    const noted = await eachOf([...stealers.ended], (run) => this.noteEnd(run), ofRun);
    const ended = await eachOf(stealers.withoutPrimary(), (run) => this.freeing.endWithoutPrimary(run), ofRun);
    const decided = await eachOf(stealers.all(), (kept) => this.decide(kept), { clock, log, idOf: ({ run }) => run });
    return earliest([noted, ended, decided]);
  }

  private async decide(kept: KeptPrimary): Promise<number | null> {
    const run = this.parts.runs.get(kept.run);
    if (!isPrimary(run) || run.workers.max === 1) {
      kept.needs = null;
      return null;
    }
    const { refused, nextAt } =
      run.workers.aux === null ? await this.fromSpec(kept, run) : await this.fromFleet(kept, run, run.workers.aux);
    await this.refuse(kept, run, refused);
    return nextAt;
  }

  /** Stealers are further runs of the run's own spec. */
  private async fromSpec(kept: KeptPrimary, run: Primary): Promise<Scaling> {
    const { runs, stealers, offers, limits, clock, settings, nodes, sealFor, store } = this.parts;
    const { id, organisation, spec, priority, labels, worker } = run;
    const answers = await offers.of(spec);
    const budget = (await runs.budgetsLeft([organisation])).get(organisation) ?? null;
    const fleet = templateOf(run, { spec, nodes: {}, state: 'open' });
    const most = limits.shares[organisation]?.most ?? {};
    const own = [run, ...stealers.of(run)];
    const terms = { needs: [], nodes, answers, most, budget, settings, ...this.reasons() };
    const snapshot = pictureOf({
      ...{ now: clock.now(), of: 'run', fleet, own, runs: [...runs.all()], starts: kept.starts, demand: kept.demand },
      ...terms,
    });
    kept.starts = snapshot.starts;
    kept.forModules = snapshot.template.modules ?? true;
    const scaling = await this.freeing.free(kept, steal(snapshot, id));
    if (scaling.grow.length === 0) return scaling;
    const asked = { organisation, spec, secrets: sealFor(run, await store.secrets(id)), priority, labels, bodyHash: id };
    const failed = await queueWorkers({ asked, owner: { primary: worker }, event: 'stealer_added' }, scaling.grow, this.parts);
    return failed ? { ...scaling, refused: failed, nextAt: clock.now() + tryAgainAfter } : scaling;
  }

  /** Stealers are workers of a fleet, which grows for them by its own rules. */
  private async fromFleet(kept: KeptPrimary, run: Primary, name: string): Promise<Scaling> {
    const { fleets, runs, stealers, offers, clock, settings, nodes } = this.parts;
    const found = fleets.find(run.organisation, name);
    const lender = found && fleets.withStartsOf(found.id);
    if (!lender) {
      kept.needs = null;
      return { grow: [], free: [], refused: { ...noLender(name), by: 'run', tasks: 0 }, nextAt: null };
    }
    const { fleet } = lender;
    const answers = await offers.of(fleet.spec);
    const ofFleet = fleets.runsOf(fleet.id);
    const shared = { now: clock.now(), runs: [...runs.all()], nodes, answers, most: {}, budget: null, needs: [], ...this.reasons() };
    const before = pictureOf({ ...shared, of: 'fleet', fleet, own: ofFleet, starts: noStarts, demand: lender.demand, settings });
    const lent = ofFleet.filter(({ primary }) => primary !== null).length;
    const left = Math.max(0, fleet.aux - lent - this.needOfOthers(kept, fleet.id));
    const reason = `the fleet ${name} lends ${fleet.aux} worker${fleet.aux === 1 ? '' : 's'} at the same time`;
    const snapshot = {
      ...pictureOf({
        ...{ ...shared, of: 'run', fleet: templateOf(run, fleet), own: [run, ...stealers.of(run)], starts: noStarts },
        ...{ demand: kept.demand, settings: { ...settings, starting: Infinity } },
      }),
      offers: [{ node: name, perHour: 0, most: 0, room: Infinity }],
      limits: [{ code: 'lender' as const, left, reason }],
    };
    const scaling = await this.freeing.free(kept, steal(snapshot, run.id));
    const waiting = kept.demand.waiting();
    const forModules = waiting.length > 0 && waiting.every(({ modules }) => modules);
    const borrowed = await this.borrow(run, lender, { spare: spareOf(before, forModules), growths: scaling.grow.slice(0, left) });
    const missing = Math.min(scaling.grow.length, left) - borrowed;
    kept.needs = missing > 0 ? { fleet: fleet.id, need: needOfRun(run.id, missing, { ...before, forModules }) } : null;
    return scaling;
  }

  /** Workers of a fleet that other runs need. */
  private needOfOthers(kept: KeptPrimary, fleet: string): number {
    const others = this.parts.stealers.all().filter((one) => one !== kept && one.needs?.fleet === fleet);
    return others.reduce((sum, { needs }) => sum + needs!.need.count, 0);
  }

  /** Takes spare workers of a fleet. @returns their number */
  private async borrow(
    run: Primary,
    lender: KeptFleet,
    { spare, growths }: { spare: readonly string[]; growths: readonly Growth[] },
  ): Promise<number> {
    const { runs, fleets, store } = this.parts;
    const left = [...growths];
    for (const id of spare) {
      const found = runs.get(id);
      const growth = left[0];
      if (!growth) break;
      if (found?.state !== 'running' || found.worker === null || !this.isFree(found.worker, lender) || fleets.freeing.has(id)) continue;
      fleets.freeing.add(id);
      try {
        const data = { ...grownData(id, growth), node: found.node, usd_per_hour: await dollarsOf(found, store) };
        await runs.addEvent(run.id, run.attempt, { type: 'stealer_added', data });
        if (!(await runs.change(runs.get(id) ?? found, { primary: run.worker }, { type: 'lent', data: { to: run.id } }))) continue;
        left.shift();
      } finally {
        fleets.freeing.delete(id);
      }
    }
    return growths.length - left.length;
  }

  private isFree(worker: string, { demand }: Pick<KeptFleet, 'demand'>): boolean {
    return !demand.isBusy(worker) && !this.parts.isTaking(worker);
  }

  /** A refusal is an event once, until it has another cause. */
  private async refuse(kept: KeptPrimary, { id, attempt }: Run, refusal: Refusal | null): Promise<void> {
    if (refusal && refusal.cause !== kept.refused)
      await this.parts.runs.addEvent(id, attempt, { type: 'stealers_refused', data: { ...refusal } });
    kept.refused = refusal?.cause ?? null;
  }

  private async noteEnd(run: Run): Promise<null> {
    const { stealers, runs } = this.parts;
    const of = runOfPrimary(run);
    const kept = of && runs.get(of.run)?.worker === run.primary ? stealers.get(of.run) : undefined;
    if (of && kept) await this.noteEndOf(run, of, kept);
    stealers.ended.delete(run);
    return null;
  }

  /** The event is stored first: a step that fails is repeated, and the end counts once. */
  private async noteEndOf(run: Run, of: { run: string; attempt: number }, kept: KeptPrimary): Promise<void> {
    if (run.worker !== null) kept.demand.forget(run.worker);
    // The starts of a fleet's workers are counted by the fleet.
    if (run.fleet !== null) return;
    const end = await endOf(run, this.parts);
    const starts = afterEnd(kept.starts, end);
    const data = { run: run.id, cause: end.cause, failures: starts.failures };
    if (hasFailed(end)) await this.parts.runs.addEvent(of.run, of.attempt, { type: 'stealer_failed', data });
    kept.starts = starts;
  }

  private reasons(): Pick<Picture, 'asideReason' | 'runsModules'> {
    return { asideReason: (worker) => this.parts.asideReason(worker), runsModules: (node) => this.parts.runsModules(node) };
  }
}

function isPrimary(run: Run | undefined): run is Primary {
  return run?.state === 'running' && run.workers !== null && run.worker !== null && hasSpec(run);
}

/** The workers of a run, of its own spec or of a fleet's. */
function templateOf({ id, organisation, workers: { min, max } }: Primary, from: Pick<Template, 'spec' | 'nodes' | 'state'>): Template {
  const { spec, nodes, state } = from;
  return { id, organisation, min, max, idle: stealerIdle, spec, nodes, state };
}

function noLender(name: string): Pick<Refusal, 'code' | 'cause'> {
  return { code: 'lender', cause: `the organisation has no fleet ${name} any more` };
}
