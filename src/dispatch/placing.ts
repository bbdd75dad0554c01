import type { Clock } from '../clock.js';
import { nodeNow } from '../lease/node-now.js';
import type { Log } from '../log.js';
import { untilFrom } from '../worker/birth.js';
import type { Runtime } from '../worker/runtime.js';
import type { Limits } from './limits.js';
import { byNode, type Node } from './nodes/node.js';
import type { Offers } from './nodes/offers.js';
import type { Orphans } from './orphans.js';
import { hasSpec, type Run } from './run.js';
import type { Runs } from './runs.js';
import { byTurn, type Placement, placeFirstCome, type Room, type Waiting } from './schedule/first-come.js';
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
    const waiting = await this.firstFor(rooms, allowed);
    const decisions = placeFirstCome(waiting, rooms, settings.batch);
    this.next = waitingByNode(waiting, decisions);
    await Promise.all(decisions.map((decision) => this.carryOut(decision)));
  }

  /** The first runs, until a batch of them has a node that takes runs now. Runs that wait for other nodes delay nobody. */
  private async firstFor(rooms: readonly Room[], runs: readonly Run[]): Promise<Waiting[]> {
    const { batch } = this.parts.settings;
    const open = new Set(rooms.map(({ node }) => node));
    const first: Waiting[] = [];
    let count = 0;
    for (let from = 0; from < runs.length && count < batch; from += batch) {
      const some = await Promise.all(runs.slice(from, from + batch).map((run) => this.waiting(run)));
      first.push(...some);
      count += some.filter(({ nodes }) => nodes.some((node) => open.has(node))).length;
    }
    return first;
  }

  private async waiting({ id, priority, createdAt, spec, asks, avoid }: Run): Promise<Waiting> {
    const answers = spec ? await this.parts.offers.of(spec) : [];
    const nodes = answers.flatMap((answer) => ('offer' in answer && answer.offer.accepted ? [answer.node] : []));
    const others = nodes.filter((node) => node !== avoid);
    return { id, priority, createdAt, asks, nodes: others.length > 0 ? others : nodes };
  }

  /** Nodes that take runs now. */
  private rooms(): Room[] {
    const runs = byNode(this.parts.runs.all());
    return [...this.parts.nodes.values()].flatMap((node): Room[] => {
      const room = node.room(runs.get(node.name) ?? []);
      return room ? [{ node: node.name, ...room }] : [];
    });
  }

  private async carryOut({ run: id, node }: Placement): Promise<void> {
    const { runs, runtime, clock, driver } = this.parts;
    const run = runs.get(id);
    if (run?.state !== 'queued' || !hasSpec(run)) return;
    const backend = await runtime.openNode(node);
    const attempt = run.attempt + 1;
    const until = untilFrom(await nodeNow(backend, clock), run.spec);
    const worker = workerNameOf(id, attempt);
    const startedAt = clock.now();
    const placed = await runs.change(
      run,
      { state: 'placed', node, worker, attempt, until, lastTryAt: startedAt, notBefore: null },
      { type: 'placed', data: { node, worker } },
      { number: attempt, node, startedAt },
    );
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

function waitingByNode(waiting: readonly Waiting[], decisions: readonly Placement[]): Map<string, string[]> {
  const placed = new Set(decisions.map(({ run }) => run));
  const next = new Map<string, string[]>();
  for (const { id, nodes } of waiting) {
    if (placed.has(id)) continue;
    for (const node of nodes) next.set(node, [...(next.get(node) ?? []), id]);
  }
  return next;
}
