import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { untilFrom } from '../../worker/birth.js';
import { toDollars } from '../money.js';
import type { Node } from '../nodes/node.js';
import { hasSpec, type Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Held as HeldBack } from '../schedule/affordable.js';
import { decide } from '../schedule/decide.js';
import { byTurn } from '../schedule/order.js';
import type { Decisions, Placement } from '../schedule/decisions.js';
import type { Snapshot } from '../schedule/snapshot.js';
import type { Driver } from '../steps/drive.js';
import { workerNameOf } from '../worker-name.js';
import { type PromiseChange, promiseChanges, withoutMoney } from './promise-changes.js';
import type { Queue } from './queue.js';
import type { Candidate } from './snapshot-of.js';

export interface PlacingParts {
  runs: Runs;
  nodes: ReadonlyMap<string, Node>;
  driver: Driver;
  queue: Queue;
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
  private heldBack: ReadonlyMap<string, HeldBack> = new Map();
  /** Runs that the last pass has looked at, with their priorities. */
  private seen = new Set<string>();
  private woken = new AbortController();
  private ended = false;
  /** Called at the end of the next pass. */
  private waiters: (() => void)[] = [];

  constructor(private readonly parts: PlacingParts) {}

  /** Makes a pass soon. */
  wake(): void {
    this.woken.abort();
  }

  /** Makes a pass soon, if the node could take a waiting run. Runs that no pass has looked at yet have their own pass. */
  wakeFor(node: string): void {
    if (this.last === null) return;
    const { waiting, classes } = this.last.snapshot;
    const taking = new Set(Object.keys(classes).filter((key) => classes[key]!.includes(node)));
    if (waiting.some(({ request }) => taking.has(request.class))) this.wake();
  }

  /** Makes a pass that begins after this call. Resolves at its end, or when the service ends. */
  passed(): Promise<void> {
    if (this.ended) return Promise.resolve();
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
    return snapshot.waiting
      .filter(accepts)
      .sort(byTurn)
      .map(({ id }) => id);
  }

  /** The cost that holds a run back: of the runs that the last pass looked at. */
  heldByBudget(run: string): HeldBack | null {
    return this.heldBack.get(run) ?? null;
  }

  /** Whether the nodes have answered if they accept a run. */
  isAnswered(run: Run): boolean {
    return this.parts.queue.chosen(run) !== null;
  }

  /** Passes until the signal. */
  async loop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const waiters = this.waiters.splice(0);
      await this.parts.queue.alone(() => this.pass()).catch((error: unknown) => log.warn({ err: error }, 'a pass of the placement failed'));
      for (const resolve of waiters) resolve();
      const { signal: woken } = this.woken;
      const pause = Math.floor(this.parts.runs.size / runsPerMillisecond);
      if (pause > 0) await clock.sleep(pause, signal).catch(() => {});
      await clock.sleep(this.untilNext(), AbortSignal.any([signal, woken])).catch(() => {});
    }
    this.ended = true;
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** Decides once, and stores the decisions. */
  private async pass(): Promise<void> {
    await this.endBids();
    if (await this.parts.queue.learn()) this.wake();
    const { waiting, candidates, heldBack, snapshot } = await this.parts.queue.read((run) => !this.seen.has(keyOf(run)));
    this.heldBack = heldBack;
    const decisions = decide(snapshot, this.last?.snapshot ?? null);
    const decided = [...candidates.values()].filter(({ run }) => decisions.waits.get(run.id)?.code !== 'next_pass');
    this.seen = new Set(decided.map(({ run }) => keyOf(run)));
    this.last = { snapshot, decisions };
    const known = new Map(waiting.map((run) => [run.id, run]));
    const starting = new Set(decisions.placements.map(({ run }) => run));
    const unpaid = waiting.filter(({ id, promise }) => promise !== null && heldBack.has(id));
    const changes = [...promiseChanges(decisions, known, this.parts), ...unpaid.map(withoutMoney)];
    const store = (change: PromiseChange) => this.store(change, known.get(change.run));
    // A run that starts too late has the cause in an event before its start.
    await Promise.all(changes.filter(({ run }) => starting.has(run)).map(store));
    await Promise.all([
      ...decisions.placements.map((placement) => this.carryOut(placement, snapshot.now, candidates.get(placement.run)!)),
      ...changes.filter(({ run }) => !starting.has(run)).map(store),
      ...waiting.map((run) => this.failForCost(run)),
    ]);
  }

  /** @param now of the pass: its promises count with the ends that follow from it */
  private async carryOut({ run: id, node }: Placement, now: number, { nodes: choices }: Candidate): Promise<void> {
    const { runs, nodes, driver } = this.parts;
    const run = runs.get(id);
    if (run?.state !== 'queued' || !hasSpec(run)) return;
    const attempt = run.attempt + 1;
    const startedAt = now + nodes.get(node)!.skew;
    const until = untilFrom(startedAt, run.spec);
    const worker = workerNameOf(id, attempt);
    const { perHour: price, most: cost } = choices.find((choice) => choice.node === node)!;
    const promised = run.promise && { starts_by: new Date(run.promise.startsBy).toISOString() };
    const placed = await runs
      .change(
        run,
        { state: 'placed', node, worker, attempt, until, promise: null, lastTryAt: now, notBefore: null },
        { type: 'placed', data: { node, worker, ...promised } },
        { number: attempt, node, startedAt, price, cost },
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
    const { tooCostly } = this.parts.queue.chosen(run) ?? { tooCostly: null };
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
      this.parts.queue.askAt,
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
