import type { Clock } from '../../clock.js';
import { toMayflyError } from '../../errors.js';
import { describeEnd } from '../../events.js';
import type { Log } from '../../log.js';
import type { Fleet, FleetChange, NewFleetEvent } from '../../tasks/fleets/fleet.js';
import { Demand } from '../../tasks/fleets/demand.js';
import { type Freed, type Growth, type Refusal, scale } from '../../tasks/fleets/scale.js';
import type { FleetSettings } from '../../tasks/fleets/settings.js';
import type { Task } from '../../tasks/task.js';
import { afterEnd, hasFailed, noStarts, type Starts } from '../../tasks/fleets/starts.js';
import type { Commands } from '../commands.js';
import type { Intake } from '../intake.js';
import type { Limits } from '../limits.js';
import { toDollars } from '../money.js';
import type { Node } from '../nodes/node.js';
import type { Offers } from '../nodes/offers.js';
import { isFinal, type Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import { hasLabels, pictureOf } from './picture.js';

export interface FleetParts {
  store: Pick<Store, 'fleets' | 'attempts'>;
  runs: Runs;
  intake: Intake;
  commands: Pick<Commands, 'cancel'>;
  nodes: ReadonlyMap<string, Node>;
  offers: Pick<Offers, 'of'>;
  limits: Limits;
  settings: FleetSettings;
  clock: Clock;
  log: Log;
  /** Why a worker takes no more tasks; `null`: it takes them. */
  asideReason(worker: string): string | null;
  /** Whether a worker gets a task that is not stored yet. */
  isTaking(worker: string): boolean;
  /** Called when a fleet is closed. */
  closed(fleet: string): void;
  /** Seals the secrets of a fleet's spec for one of its runs; `null`: it has none. */
  sealFor(fleet: Fleet): Promise<(run: string) => Uint8Array | null>;
}

/** A fleet, and its last starts. */
interface Kept {
  fleet: Fleet;
  starts: Starts;
  demand: Demand;
  /** The last refusal that was stored, and that lasts. */
  refused: string | null;
}

/** Runs that are read to learn about the last starts of a fleet. */
const recentRuns = 20;

/** Milliseconds after which a failed pass is tried again. */
const tryAgainAfter = 5000;

/** Keeps every fleet at its size: queues runs, and ends them. */
export class Fleets {
  private readonly kept = new Map<string, Kept>();
  /** Runs whose end was decided. */
  private readonly freeing = new Set<string>();
  /** Runs of fleets that have ended since the last pass. */
  private ended: Run[] = [];
  private woken = new AbortController();

  constructor(private readonly parts: FleetParts) {}

  /** Reads the fleets that an earlier process left. */
  async load(): Promise<void> {
    const { store } = this.parts;
    for (const fleet of await store.fleets.open()) {
      const ended = (await store.fleets.ended(fleet.id, recentRuns)).sort((a, b) => a.completedAt! - b.completedAt!);
      let starts = noStarts;
      for (const run of [...ended, ...this.runsOf(fleet.id).filter(isEnding)]) starts = afterEnd(starts, await this.endOf(run));
      const [last] = await store.fleets.events({ fleet: fleet.id, newest: true, limit: 1 });
      this.kept.set(fleet.id, {
        fleet,
        starts,
        demand: new Demand(),
        refused: last?.type === 'refused' ? String(last.data['cause']) : null,
      });
    }
  }

  all(): Fleet[] {
    return [...this.kept.values()].map(({ fleet }) => fleet);
  }

  /** A fleet that is not closed. */
  get(id: string): Fleet | undefined {
    return this.kept.get(id)?.fleet;
  }

  /** Its runs whose workers take tasks: a worker that is about to be ended takes none. */
  takersOf(id: string): Run[] {
    return this.runsOf(id).filter((run) => !this.freeing.has(run.id));
  }

  /** Takes note of a task that was added or changed. */
  taskChanged(task: Task, before: Task | undefined): void {
    const kept = task.fleet === null ? undefined : this.kept.get(task.fleet);
    if (!kept) return;
    kept.demand.changed(task, before, this.parts.clock.now());
    if (task.state !== before?.state) this.wake();
  }

  find(organisation: string, name: string): Fleet | undefined {
    return this.all().find((fleet) => fleet.organisation === organisation && fleet.name === name);
  }

  /** Why the fleet has fewer workers than it needs; `null`: it has as many. */
  refusedOf(fleet: string): string | null {
    return this.kept.get(fleet)?.refused ?? null;
  }

  /** Its runs without a final state. */
  runsOf(fleet: string): Run[] {
    return [...this.parts.runs.all()].filter((run) => run.fleet === fleet);
  }

  /** Whether a run may use a node: all may that are no worker of a fleet. */
  mayUse({ fleet }: Pick<Run, 'fleet'>, node: string): boolean {
    const kept = fleet === null ? undefined : this.kept.get(fleet);
    const found = this.parts.nodes.get(node);
    return !kept || (found !== undefined && hasLabels(found, kept.fleet.nodes));
  }

  /** Keeps a fleet that was just stored. */
  add(fleet: Fleet): void {
    this.kept.set(fleet.id, { fleet, starts: noStarts, demand: new Demand(), refused: null });
    this.wake();
  }

  /** Stores a change, decided on the newest revision. `null`: the fleet is closed. */
  async change(id: string, change: FleetChange, event: Pick<NewFleetEvent, 'type' | 'data'>): Promise<Fleet | null> {
    const { store, clock } = this.parts;
    for (;;) {
      const kept = this.kept.get(id);
      if (!kept) return null;
      const { fleet } = kept;
      const changed = await store.fleets.change(fleet, change, { at: clock.now(), ...event });
      if (changed) {
        // A spec never changes. Answers of nodes are kept by it.
        kept.fleet = { ...changed, spec: fleet.spec };
        if (changed.state === 'closed') {
          this.kept.delete(id);
          this.parts.closed(id);
        }
        this.wake();
        return kept.fleet;
      }
      // Another change was first, and is about to be kept.
      await Promise.resolve();
    }
  }

  /** A run has changed. */
  changed(run: Run, before: Run | undefined): void {
    if (run.fleet === null || run.state === before?.state) return;
    const wasEnding = before !== undefined && isEnding(before);
    if (isFinal(run.state)) this.freeing.delete(run.id);
    if (isEnding(run) || (isFinal(run.state) && !wasEnding)) this.ended.push(run);
    this.wake();
  }

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
    for (const run of this.ended.splice(0)) await this.noteEnd(run);
    const times: number[] = [];
    for (const kept of [...this.kept.values()]) {
      const at = await this.decide(kept);
      if (at !== null) times.push(at);
    }
    return times.length === 0 ? null : Math.min(...times);
  }

  private async decide(kept: Kept): Promise<number | null> {
    const { runs, nodes, offers, limits, settings, clock } = this.parts;
    const { fleet } = kept;
    const answers = await offers.of(fleet.spec);
    const budget = (await runs.budgetsLeft([fleet.organisation])).get(fleet.organisation) ?? null;
    // From here on nothing is awaited, so that all of it is about one moment.
    const all = [...runs.all()];
    if (fleet.state === 'closing' && !all.some((run) => run.fleet === fleet.id)) {
      await this.change(fleet.id, { state: 'closed', closedAt: clock.now() }, { type: 'closed', data: {} });
      return null;
    }
    const most = limits.shares[fleet.organisation]?.most ?? {};
    const { starts, demand } = kept;
    const asideReason = (worker: string) => this.parts.asideReason(worker);
    const snapshot = pictureOf({ now: clock.now(), fleet, runs: all, nodes, answers, most, budget, starts, demand, asideReason, settings });
    kept.starts = snapshot.starts;
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
    const { intake, sealFor, clock } = this.parts;
    const { id, organisation, spec, priority, labels } = fleet;
    const secrets = await sealFor(fleet);
    for (const { why, by, tasks, offer } of growths) {
      const growth = (run: string) => ({
        at: clock.now(),
        type: 'grown',
        data: { run, why, by, tasks, node: offer?.node ?? null, usd_per_hour: offer && toDollars(offer.perHour) },
      });
      try {
        await intake.submit({ organisation, spec, secrets, priority, labels, attempts: 1, bodyHash: id, fleet: { id, growth } });
      } catch (thrown) {
        return { code: 'not_queued', cause: toMayflyError(thrown).message, by, tasks };
      }
    }
    return null;
  }

  private async freeAll(fleet: Fleet, free: readonly Freed[]): Promise<void> {
    for (const { run } of free) this.freeing.add(run);
    try {
      for (const one of free) await this.free(fleet, one);
    } catch (error) {
      for (const { run } of free) this.freeing.delete(run);
      throw error;
    }
  }

  /** The event is stored first: a process that dies between the two decides again. */
  private async free({ id }: Fleet, { run, why, cause }: Freed): Promise<void> {
    const { store, commands, runs, clock } = this.parts;
    const found = runs.get(run);
    if (!found) return;
    const data = { run, worker: found.worker, why, cause, usd_per_hour: toDollars(await this.priceOf(found)) };
    await store.fleets.addEvent(id, { at: clock.now(), type: 'freed', data });
    await commands.cancel(run, cause);
  }

  private async priceOf({ id, attempt }: Run): Promise<number> {
    const attempts = await this.parts.store.attempts(id);
    return attempts.find(({ number }) => number === attempt)?.price ?? 0;
  }

  /** A refusal is an event once, until it has another cause. */
  private async refuse(kept: Kept, refusal: Refusal | null): Promise<void> {
    const { store, clock } = this.parts;
    if (refusal && refusal.cause !== kept.refused)
      await store.fleets.addEvent(kept.fleet.id, { at: clock.now(), type: 'refused', data: { ...refusal } });
    kept.refused = refusal?.cause ?? null;
  }

  private async noteEnd(run: Run): Promise<void> {
    const { store, clock } = this.parts;
    const kept = this.kept.get(run.fleet!);
    if (!kept) return;
    if (run.worker !== null) kept.demand.forget(run.worker);
    const end = await this.endOf(run);
    kept.starts = afterEnd(kept.starts, end);
    if (!hasFailed(end)) return;
    const data = { run: run.id, cause: end.cause, failures: kept.starts.failures };
    await store.fleets.addEvent(kept.fleet.id, { at: clock.now(), type: 'start_failed', data });
  }

  private async endOf(run: Run) {
    const { readyAt, completedAt } = run;
    const { state, reason } = run.next ?? run;
    const attempt = (await this.parts.store.attempts(run.id)).at(-1);
    const cause = attempt?.error?.problems[0]?.cause ?? (attempt?.end ? describeEnd(attempt.end) : `the run is ${state}`);
    const expected = state === 'cancelled' || state === 'moved' || reason === 'expired';
    return { readyAt, endedAt: completedAt ?? this.parts.clock.now(), expected, cause };
  }
}

/** Whether the run's worker is being ended for good. */
function isEnding({ state, next }: Run): boolean {
  return state === 'ending' && next?.state !== 'queued';
}
