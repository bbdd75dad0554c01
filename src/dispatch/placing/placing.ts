import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { untilFrom } from '../../worker/birth.js';
import type { Limits } from '../limits.js';
import { toDollars } from '../money.js';
import { byNode, type Node } from '../nodes/node.js';
import type { Offers } from '../nodes/offers.js';
import type { Orphans } from '../orphans.js';
import { hasSpec, type Run } from '../run.js';
import type { Runs } from '../runs.js';
import { type Held as HeldBack, heldByBudget, isAffordable } from '../schedule/affordable.js';
import { decide } from '../schedule/decide.js';
import type { Decisions, Placement } from '../schedule/decisions.js';
import { byTurn } from '../schedule/order.js';
import type { Snapshot } from '../schedule/snapshot.js';
import type { DispatchSettings } from '../settings.js';
import type { Driver } from '../steps/drive.js';
import { workerNameOf } from '../worker-name.js';
import { Choices } from './choices.js';
import { type PromiseChange, promiseChanges } from './promise-changes.js';
import { type Candidate, snapshotOf } from './snapshot-of.js';

export interface PlacingParts {
  runs: Runs;
  offers: Offers;
  nodes: ReadonlyMap<string, Node>;
  driver: Driver;
  orphans: Orphans;
  settings: DispatchSettings;
  limits: Limits;
  clock: Clock;
  log: Log;
}

/** A pass: what it has seen and decided. */
export interface Pass {
  snapshot: Snapshot;
  decisions: Decisions;
}

/** The longest time between two passes, in milliseconds. */
const longestPause = 60_000;

/** A pass looks at all waiting runs. With this many of them, the next pass waits for 1 ms, so that more changes share it. */
const runsPerMillisecond = 400;

/** Places waiting runs on nodes, and promises starts to others, in passes. */
export class Placing {
  /** The last pass; `null` before the first. */
  last: Pass | null = null;
  private readonly choices: Choices;
  private heldBack: ReadonlyMap<string, HeldBack> = new Map();
  /** Runs that the last pass has looked at, with their priorities. */
  private seen = new Set<string>();
  private woken = new AbortController();
  /** Called at the end of the next pass. */
  private waiters: (() => void)[] = [];

  constructor(private readonly parts: PlacingParts) {
    const { offers, runs, clock } = parts;
    this.choices = new Choices({ offers, clock, attempts: (run) => runs.attempts(run) });
  }

  /** Makes a pass soon. */
  wake(): void {
    this.woken.abort();
  }

  /** Makes a pass that begins after this call. Resolves at its end, or when the service ends. */
  passed(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.wake();
    });
  }

  /** Runs that wait for a place on the node, in their turn: of the runs that the last pass looked at. */
  waitingFor(node: string): string[] {
    if (this.last === null) return [];
    const { snapshot, decisions } = this.last;
    const placed = new Set(decisions.placements.map(({ run }) => run));
    const accepts = ({ request, id }: Snapshot['waiting'][number]) => !placed.has(id) && snapshot.classes[request.class]!.includes(node);
    return snapshot.waiting.filter(accepts).map(({ id }) => id);
  }

  /** The cost that holds a run back: of the runs that the last pass looked at. */
  heldByBudget(run: string): HeldBack | null {
    return this.heldBack.get(run) ?? null;
  }

  /** Passes until the signal. */
  async loop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const waiters = this.waiters.splice(0);
      await this.pass().catch((error: unknown) => log.warn({ err: error }, 'a pass of the placement failed'));
      for (const resolve of waiters) resolve();
      const { signal: woken } = this.woken;
      const pause = Math.floor(this.parts.runs.size / runsPerMillisecond);
      if (pause > 0) await clock.sleep(pause, signal).catch(() => {});
      await clock.sleep(this.untilNext(), AbortSignal.any([signal, woken])).catch(() => {});
    }
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** Decides once, and stores the decisions. */
  private async pass(): Promise<void> {
    const { runs, settings } = this.parts;
    await this.endBids();
    const asked = await this.choices.learn(this.waiting(), settings.batch * 4);
    if (asked >= settings.batch * 4) this.wake();
    const budgets = await runs.budgetsLeft(this.waiting().map(({ organisation }) => organisation));
    // Nothing is awaited from here to the decisions, so that they are about one moment.
    const waiting = this.waiting();
    const candidates = this.candidates(waiting);
    const within = candidates.flatMap((candidate): Candidate[] => {
      const left = budgets.get(candidate.run.organisation);
      const nodes = candidate.nodes.filter((choice) => isAffordable(choice, left));
      return nodes.length === 0 && candidate.nodes.length > 0 ? [] : [{ ...candidate, nodes }];
    });
    this.heldBack = heldByBudget(
      candidates.map(({ run: { id, organisation }, nodes }) => ({ id, organisation, nodes })),
      budgets,
    );
    this.seen = new Set(waiting.map(keyOf));
    const snapshot = this.snapshot(within);
    const decisions = decide(snapshot, this.last?.snapshot ?? null);
    this.last = { snapshot, decisions };
    const known = new Map(waiting.map((run) => [run.id, run]));
    const choiceOf = new Map(within.map(({ run, nodes }) => [run.id, nodes]));
    const starting = new Set(decisions.placements.map(({ run }) => run));
    const changes = promiseChanges(decisions, known);
    const store = (change: PromiseChange) => this.store(change, known.get(change.run));
    // A run that starts too late has the cause in an event before its start.
    await Promise.all(changes.filter(({ run }) => starting.has(run)).map(store));
    await Promise.all([
      ...decisions.placements.map((placement) =>
        this.carryOut(
          placement,
          snapshot.now,
          choiceOf.get(placement.run)?.find(({ node }) => node === placement.node),
        ),
      ),
      ...changes.filter(({ run }) => !starting.has(run)).map(store),
      ...candidates.map(({ run }) => this.failForCost(run)),
    ]);
  }

  /** Runs that wait for a node, and bids, in their turn. */
  private waiting(): Run[] {
    const { runs, orphans } = this.parts;
    return [...runs.all()].filter(({ id, state }) => (state === 'queued' || state === 'offered') && !orphans.has(id)).sort(byTurn);
  }

  /** Those for which the nodes have answered. The promise of a run on a node that was not looked at yet stays as it is. */
  private candidates(waiting: readonly Run[]): Candidate[] {
    const { nodes } = this.parts;
    return waiting.flatMap((run): Candidate[] => {
      if (run.promise && nodes.get(run.promise.node)?.health.state === 'unknown') return [];
      const chosen = run.spec ? this.choices.of(run) : { nodes: [] };
      return chosen ? [{ run, nodes: chosen.nodes, fresh: !this.seen.has(keyOf(run)) }] : [];
    });
  }

  private snapshot(waiting: readonly Candidate[]): Snapshot {
    const { runs, nodes, settings, limits, clock } = this.parts;
    const here = byNode(runs.all());
    return snapshotOf({ now: clock.now(), nodes: [...nodes.values()], here, waiting, organisations: limits.shares, settings });
  }

  /** @param now of the pass: its promises count with the ends that follow from it */
  private async carryOut({ run: id, node }: Placement, now: number, rate = { perHour: 0, most: 0 }): Promise<void> {
    const { runs, nodes, driver } = this.parts;
    const run = runs.get(id);
    if (run?.state !== 'queued' || !hasSpec(run)) return;
    const attempt = run.attempt + 1;
    const startedAt = now + (await nodes.get(node)!.watch.skewNow());
    const until = untilFrom(startedAt, run.spec);
    const worker = workerNameOf(id, attempt);
    const promised = run.promise && { starts_by: new Date(run.promise.startsBy).toISOString() };
    const placed = await runs
      .change(
        run,
        { state: 'placed', node, worker, attempt, until, promise: null, lastTryAt: now, notBefore: null },
        { type: 'placed', data: { node, worker, ...promised } },
        { number: attempt, node, startedAt, price: rate.perHour, cost: rate.most },
      )
      .catch(waitsForBudget);
    if (placed) driver.drive(placed);
  }

  private async store({ promise, event }: PromiseChange, run: Run | undefined): Promise<void> {
    if (run) await this.parts.runs.change(run, { promise }, event);
  }

  /** No node can make another attempt within the run's `max_cost`. */
  private async failForCost(run: Run): Promise<void> {
    const { runs, clock } = this.parts;
    const { tooCostly } = this.choices.of(run) ?? { tooCostly: null };
    if (tooCostly === null) return;
    const costs = { max_cost: run.spec!.max_cost, left: toDollars(tooCostly.left), least: toDollars(tooCostly.least) };
    const data = { reason: 'cost_exceeded', ...costs };
    await runs.change(run, { state: 'failed', reason: 'cost_exceeded', completedAt: clock.now() }, { type: 'failed', data });
  }

  /** Ends bids that nobody has accepted in time. */
  private async endBids(): Promise<void> {
    const { runs, clock } = this.parts;
    const now = clock.now();
    const over = [...runs.all()].filter(({ bidExpires }) => bidExpires !== null && bidExpires <= now);
    const change = { state: 'cancelled', reason: 'bid_expired', completedAt: now } as const;
    await Promise.all(over.map((run) => runs.change(run, change, { type: 'cancelled', data: { reason: 'bid_expired' } })));
  }

  /** Milliseconds until a run that was tried before may be tried again, a promise or a bid is due, or a node may take more. */
  private untilNext(): number {
    const now = this.parts.clock.now();
    const times = [
      ...[...this.parts.nodes.values()].flatMap(({ moreAt, emptyBy }) => [moreAt, emptyBy]),
      ...[...this.parts.runs.all()].flatMap(timesOf),
    ];
    // A node whose pause is over is being looked at, and the look makes the next pass.
    return times.reduce<number>((least, at) => (at !== null && at > now ? Math.min(least, at - now) : least), longestPause);
  }
}

/** Times at which a pass may decide otherwise about a waiting run. */
function timesOf({ state, notBefore, promise, bidExpires, maxWait, createdAt }: Run): (number | null)[] {
  if (state !== 'queued' && state !== 'offered') return [];
  return [notBefore, promise?.startsBy ?? null, bidExpires, maxWait === null ? null : createdAt + maxWait];
}

function keyOf({ id, priority }: Run): string {
  return `${id} ${priority}`;
}

/** An extension may have reserved the rest of the budget during the pass. */
function waitsForBudget(error: unknown): null {
  if (error instanceof MayflyError && error.code === 'limit_exceeded') return null;
  throw error;
}
