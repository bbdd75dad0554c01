import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import { type Freed, type Growth, type Refusal, scale } from '../../tasks/fleets/scale.js';
import type { Need } from '../../tasks/fleets/snapshot.js';
import type { FleetSettings } from '../../tasks/fleets/settings.js';
import { afterEnd, hasFailed } from '../../tasks/fleets/starts.js';
import type { Commands } from '../commands.js';
import type { Intake } from '../intake.js';
import type { Limits } from '../limits.js';
import type { Node } from '../nodes/node.js';
import type { Offers } from '../nodes/offers.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import { endOf } from './end-of.js';
import type { Fleets, KeptFleet } from './fleets.js';
import { earliest, eachOf, tryAgainAfter } from './pass.js';
import { pictureOf } from './picture.js';
import { dollarsOf, queueWorkers } from './queue-workers.js';

/** The parts of a decision about workers of a queue, which passes of fleets and of stealers share. */
export interface ScalingParts {
  intake: Intake;
  nodes: ReadonlyMap<string, Node>;
  offers: Pick<Offers, 'of'>;
  limits: Limits;
  settings: FleetSettings;
  clock: Clock;
  log: Log;
  /** Why a worker takes no more tasks; `null`: it takes them. */
  asideReason(worker: string): string | null;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
  sealFor: SealFor;
}

export interface SizingParts extends ScalingParts {
  fleets: Fleets;
  store: Pick<Store, 'fleets' | 'attempts'>;
  runs: Runs;
  commands: Pick<Commands, 'cancel'>;
  /** Whether a worker gets a task that is not stored yet. */
  isTaking(worker: string): boolean;
  stealing: {
    /** A pass of the stealers. @returns when the next one is needed without an event; `null`: never */
    pass(): Promise<number | null>;
    /** The workers of a fleet that runs wait for. */
    needsOf(fleet: string): readonly Need[];
  };
}

/**
 * Seals the secrets of a spec again, for another run.
 *
 * @param of the fleet or run that has them
 * @param sealed `null`: it has none
 */
export type SealFor = (of: { id: string; spec: WorkerSpec }, sealed: Uint8Array | null) => (run: string) => Uint8Array | null;

/** Keeps every fleet at its size, in passes: queues runs, and ends them. */
export class Sizing {
  private woken = new AbortController();

  constructor(private readonly parts: SizingParts) {}

  /** Makes a pass soon. */
  wake(): void {
    this.woken.abort();
  }

  /** Passes until the signal. */
  async loop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const { signal: woken } = this.woken;
      const nextAt = await this.pass().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, 'a pass of the fleets failed');
        return clock.now() + tryAgainAfter;
      });
      await clock
        .sleep(nextAt === null ? 2 ** 31 - 1 : Math.max(nextAt - clock.now(), 0), AbortSignal.any([signal, woken]))
        .catch(() => {});
    }
  }

  /** @returns when the next pass is needed without an event; `null`: never */
  private async pass(): Promise<number | null> {
    const { fleets, stealing, clock, log } = this.parts;
    const noted = await eachOf([...fleets.ended], (run) => this.noteEnd(run), { clock, log, idOf: ({ id }) => id });
    const stolen = await stealing.pass();
    const decided = await eachOf(fleets.withStarts(), (kept) => this.decide(kept), { clock, log, idOf: ({ fleet }) => fleet.id });
    return earliest([noted, stolen, decided]);
  }

  private async decide(kept: KeptFleet): Promise<number | null> {
    const { fleets, runs, nodes, offers, limits, settings, clock } = this.parts;
    const { fleet } = kept;
    const answers = await offers.of(fleet.spec);
    const budget = (await runs.budgetsLeft([fleet.organisation])).get(fleet.organisation) ?? null;
    // From here on nothing is awaited, so that all of it is about one moment.
    const all = [...runs.all()];
    if (fleet.state === 'closing' && !all.some((run) => run.fleet === fleet.id)) {
      await fleets.change(fleet.id, { state: 'closed', closedAt: clock.now() }, { type: 'closed', data: {} });
      return null;
    }
    const most = limits.shares[fleet.organisation]?.most ?? {};
    const { starts, demand } = kept;
    const asideReason = (worker: string) => this.parts.asideReason(worker);
    const own = fleets.runsOf(fleet.id);
    const runsModules = (node: string) => this.parts.runsModules(node);
    const needs = this.parts.stealing.needsOf(fleet.id);
    const terms = { needs, nodes, answers, most, budget, starts, demand, asideReason, runsModules, settings };
    const snapshot = pictureOf({ now: clock.now(), of: 'fleet', fleet, own, runs: all, ...terms });
    kept.starts = snapshot.starts;
    kept.forModules = snapshot.template.modules ?? true;
    const { grow, free, refused, nextAt } = scale(snapshot);
    const freed = free.filter(({ run }) => !this.parts.isTaking(runs.get(run)?.worker ?? ''));
    await this.freeAll(fleet, freed);
    const failed = await this.grow(fleet, grow);
    await this.refuse(kept, failed ?? refused);
    return failed || freed.length < free.length ? clock.now() + tryAgainAfter : nextAt;
  }

  /** @returns why not all runs were queued; `null`: they were */
  private async grow(fleet: Fleet, growths: readonly Growth[]): Promise<Refusal | null> {
    if (growths.length === 0) return null;
    const { sealFor, store } = this.parts;
    const { id, organisation, spec, priority, labels } = fleet;
    const secrets = sealFor(fleet, await store.fleets.secrets(id));
    const asked = { organisation, spec, secrets, priority, labels, bodyHash: id };
    return queueWorkers({ asked, owner: { fleet: id }, event: 'grown' }, growths, this.parts);
  }

  private async freeAll(fleet: Fleet, free: readonly Freed[]): Promise<void> {
    const { freeing } = this.parts.fleets;
    for (const { run } of free) freeing.add(run);
    try {
      for (const one of free) await this.free(fleet, one);
    } catch (error) {
      for (const { run } of free) freeing.delete(run);
      throw error;
    }
  }

  /** The event is stored first: a process that dies between the two decides again. */
  private async free({ id }: Fleet, { run, why, cause }: Freed): Promise<void> {
    const { store, commands, runs, clock } = this.parts;
    const found = runs.get(run);
    if (!found) return;
    const data = { run, worker: found.worker, why, cause, usd_per_hour: await dollarsOf(found, store) };
    await store.fleets.addEvent(id, { at: clock.now(), type: 'freed', data });
    await commands.cancel(run, cause);
  }

  /** A refusal is an event once, until it has another cause. */
  private async refuse(kept: KeptFleet, refusal: Refusal | null): Promise<void> {
    const { store, clock } = this.parts;
    if (refusal && refusal.cause !== kept.refused)
      await store.fleets.addEvent(kept.fleet.id, { at: clock.now(), type: 'refused', data: { ...refusal } });
    kept.refused = refusal?.cause ?? null;
  }

  private async noteEnd(run: Run): Promise<null> {
    const { fleets } = this.parts;
    const kept = fleets.withStartsOf(run.fleet!);
    if (kept) await this.noteEndOf(run, kept);
    fleets.ended.delete(run);
    return null;
  }

  /** The event is stored first: a step that fails is repeated, and the end counts once. */
  private async noteEndOf(run: Run, kept: KeptFleet): Promise<void> {
    const { store, clock } = this.parts;
    if (run.worker !== null) kept.demand.forget(run.worker);
    const end = await endOf(run, this.parts);
    const starts = afterEnd(kept.starts, end);
    const data = { run: run.id, cause: end.cause, failures: starts.failures };
    if (hasFailed(end)) await store.fleets.addEvent(kept.fleet.id, { at: clock.now(), type: 'start_failed', data });
    kept.starts = starts;
  }
}
