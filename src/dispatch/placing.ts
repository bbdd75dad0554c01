import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { nodeNow } from '../lease/node-now.js';
import type { Log } from '../log.js';
import { untilFrom } from '../worker/birth.js';
import type { Runtime } from '../worker/runtime.js';
import type { Limits } from './limits.js';
import { byNode, type Node } from './nodes/node.js';
import type { Offers } from './nodes/offers.js';
import type { Orphans } from './orphans.js';
import { costLeft } from './max-cost.js';
import { rateOf, toDollars } from './money.js';
import { type Attempt, hasSpec, type Run } from './run.js';
import type { Runs } from './runs.js';
import { type Budgets, type Held, heldByBudget, isAffordable, leastOf } from './schedule/affordable.js';
import { byTurn, type Choice, type Placement, placeFirstCome, type Room, type Waiting } from './schedule/first-come.js';
import { withinMost } from './schedule/within-most.js';
import type { DispatchSettings } from './settings.js';
import type { Driver } from './steps/drive.js';
import { workerNameOf } from './worker-name.js';

export interface PlacingParts {
  runtime: Pick<Runtime, 'openNode'>;
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

/** The longest time between two passes, in milliseconds. */
const longestPause = 60_000;

/** A pass looks at all waiting runs. With this many of them, the next pass waits for 1 ms, so that more changes share it. */
const runsPerMillisecond = 400;

/** Places waiting runs on nodes, in passes. */
export class Placing {
  /** Runs of the last pass that wait for a place, in their turn, by each node that accepts them. */
  private next = new Map<string, string[]>();
  private held: ReadonlyMap<string, Held> = new Map();
  private woken = new AbortController();

  constructor(private readonly parts: PlacingParts) {}

  /** Makes a pass soon. */
  wake(): void {
    this.woken.abort();
  }

  /** Runs that wait for a place on the node, the next one first: of the runs that the last pass looked at. */
  waitingFor(node: string): readonly string[] {
    return this.next.get(node) ?? [];
  }

  /** The cost that holds a run back: of the runs that the last pass looked at. */
  heldByBudget(run: string): Held | null {
    return this.held.get(run) ?? null;
  }

  /** Passes until the signal. */
  async loop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      await this.pass().catch((error: unknown) => log.warn({ err: error }, 'a pass of the placement failed'));
      const { signal: woken } = this.woken;
      const pause = Math.floor(this.parts.runs.size / runsPerMillisecond);
      if (pause > 0) await clock.sleep(pause, signal).catch(() => {});
      await clock.sleep(this.untilNext(), AbortSignal.any([signal, woken])).catch(() => {});
    }
  }

  /** Decides once, and stores the decisions. */
  private async pass(): Promise<void> {
    const { runs, orphans, clock, settings, limits } = this.parts;
    const now = clock.now();
    const due = [...runs.all()].filter(({ id, state, notBefore }) => state === 'queued' && (notBefore ?? 0) <= now && !orphans.has(id));
    due.sort(byTurn);
    const placed = [...runs.all()].filter(({ node }) => node !== null);
    const allowed = withinMost(due, placed, (organisation) => limits.mostOf(organisation));
    const rooms = this.rooms();
    const budgets = await runs.budgetsLeft(allowed.map(({ organisation }) => organisation));
    const waiting = await this.firstFor(rooms, allowed, budgets);
    const decisions = placeFirstCome(waiting, rooms, settings.batch, budgets);
    this.next = waitingByNode(waiting, decisions);
    this.held = heldByBudget(waiting, budgets);
    await Promise.all(decisions.map((decision) => this.carryOut(decision)));
  }

  /** The first runs, until a batch of them has a node that takes runs now. Runs that wait for other nodes delay nobody. */
  private async firstFor(rooms: readonly Room[], runs: readonly Run[], budgets: Budgets): Promise<Waiting[]> {
    const { batch } = this.parts.settings;
    const open = new Set(rooms.map(({ node }) => node));
    const first: Waiting[] = [];
    let count = 0;
    for (let from = 0; from < runs.length && count < batch; from += batch) {
      const some = await Promise.all(runs.slice(from, from + batch).map((run) => this.waiting(run)));
      first.push(...some);
      const takes = (choice: Choice, organisation: string) => open.has(choice.node) && isAffordable(choice, budgets.get(organisation));
      count += some.filter(({ nodes, organisation }) => nodes.some((choice) => takes(choice, organisation))).length;
    }
    return first;
  }

  private async waiting(run: Run): Promise<Waiting> {
    const { id, priority, createdAt, organisation, spec, asks, avoid } = run;
    const answers = spec ? await this.parts.offers.of(spec) : [];
    const accepting = answers.flatMap((answer) =>
      'offer' in answer && answer.offer.accepted ? [{ node: answer.node, ...rateOf(answer.offer.price) }] : [],
    );
    const left = costLeft(run, await this.earlierAttempts(run));
    const nodes = accepting.filter((choice) => isAffordable(choice, left));
    // A node that did not answer may cost less.
    const isTooCostly = nodes.length === 0 && accepting.length > 0 && answers.every((answer) => 'offer' in answer);
    if (isTooCostly) await this.failForCost(run, leastOf(accepting), left!);
    const others = nodes.filter(({ node }) => node !== avoid);
    return { id, priority, createdAt, organisation, asks, nodes: others.length > 0 ? others : nodes };
  }

  /** Only a run with a `max_cost` needs them. */
  private async earlierAttempts({ id, spec, attempt }: Run): Promise<Attempt[]> {
    return attempt === 0 || spec?.max_cost == null ? [] : this.parts.runs.attempts(id);
  }

  /** No node can make another attempt within the run's `max_cost`. */
  private async failForCost(run: Run, least: number, left: number): Promise<void> {
    const { runs, clock } = this.parts;
    const data = { reason: 'cost_exceeded', max_cost: run.spec!.max_cost, left: toDollars(left), least: toDollars(least) };
    await runs.change(run, { state: 'failed', reason: 'cost_exceeded', completedAt: clock.now() }, { type: 'failed', data });
  }

  /** Nodes that take runs now. */
  private rooms(): Room[] {
    const runs = byNode(this.parts.runs.all());
    return [...this.parts.nodes.values()].flatMap((node): Room[] => {
      const room = node.room(runs.get(node.name) ?? []);
      return room ? [{ node: node.name, ...room }] : [];
    });
  }

  private async carryOut({ run: id, node, perHour: price, most: cost }: Placement): Promise<void> {
    const { runs, runtime, clock, driver } = this.parts;
    const run = runs.get(id);
    if (run?.state !== 'queued' || !hasSpec(run)) return;
    const backend = await runtime.openNode(node);
    const attempt = run.attempt + 1;
    const startedAt = await nodeNow(backend, clock);
    const until = untilFrom(startedAt, run.spec);
    const worker = workerNameOf(id, attempt);
    const placed = await runs
      .change(
        run,
        { state: 'placed', node, worker, attempt, until, lastTryAt: clock.now(), notBefore: null },
        { type: 'placed', data: { node, worker } },
        { number: attempt, node, startedAt, price, cost },
      )
      .catch(waitsForBudget);
    if (placed) driver.drive(placed);
  }

  /** Milliseconds until a run that was tried before may be tried again, or a node may take more. */
  private untilNext(): number {
    const now = this.parts.clock.now();
    const times = [
      ...[...this.parts.nodes.values()].map(({ moreAt }) => moreAt),
      ...[...this.parts.runs.all()].flatMap(({ state, notBefore }) => (state === 'queued' ? [notBefore] : [])),
    ];
    // A node whose pause is over is being looked at, and the look makes the next pass.
    return times.reduce<number>((least, at) => (at !== null && at > now ? Math.min(least, at - now) : least), longestPause);
  }
}

/** An extension may have reserved the rest of the budget during the pass. */
function waitsForBudget(error: unknown): null {
  if (error instanceof MayflyError && error.code === 'limit_exceeded') return null;
  throw error;
}

function waitingByNode(waiting: readonly Waiting[], decisions: readonly Placement[]): Map<string, string[]> {
  const placed = new Set(decisions.map(({ run }) => run));
  const next = new Map<string, string[]>();
  for (const { id, nodes } of waiting) {
    if (placed.has(id)) continue;
    for (const { node } of nodes) next.set(node, [...(next.get(node) ?? []), id]);
  }
  return next;
}
