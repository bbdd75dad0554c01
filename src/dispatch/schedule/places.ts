import { fitsFree, fitsSome, frontierOf, type Point } from './frontier.js';
import { amountsOf, NodePlan, type Sized } from './node-plan.js';
import type { Request, Snapshot, WaitingRun } from './snapshot.js';

/** A start: now or later. */
export interface Place {
  node: NodePlan;
  at: number;
}

/** Nodes that may be used for the same requests: unpaid ones by name, then paid ones, the cheapest first. */
export interface NodeList {
  readonly nodes: readonly NodePlan[];
  readonly members: ReadonlySet<NodePlan>;
  /** What fits now; `null`: a node has changed since it was computed. */
  frontier: Point[] | null;
  /** Requests that fit the frontier and yet cannot start now. During a pass nodes only become fuller. */
  readonly full: Set<Request>;
}

/** The lists of one request: all of its nodes, and those that cost nothing. */
export interface Lists {
  all: NodeList;
  unpaid: NodeList;
  /** All nodes that accept it cost money, closed ones among them. */
  paidOnly: boolean;
}

/** The open nodes with their plans. */
export class Places {
  readonly now: number;
  private readonly plans = new Map<string, NodePlan>();
  private readonly paid: ReadonlySet<string>;
  private readonly byKey = new Map<string, Lists>();
  private readonly lists = new Map<string, NodeList>();
  private readonly sizes = new Map<Request, Sized>();
  private readonly met = new Map<NodeList, Map<NodeList, boolean>>();

  constructor(private readonly snapshot: Snapshot) {
    this.now = snapshot.now;
    this.paid = new Set(snapshot.nodes.filter(({ paid }) => paid).map(({ name }) => name));
    const open = snapshot.nodes.filter(({ closed }) => closed === null);
    for (const node of open) this.plans.set(node.name, new NodePlan(node, snapshot.now));
  }

  plan(node: string): NodePlan | undefined {
    return this.plans.get(node);
  }

  /** Open nodes that accept the run, without the one that it avoids where others accept it. */
  listsOf({ request, avoid }: Pick<WaitingRun, 'request' | 'avoid'>): Lists {
    const key = avoid === null ? request.class : `${request.class}\n${avoid}`;
    let lists = this.byKey.get(key);
    if (!lists) {
      const accepting = this.snapshot.classes[request.class] ?? [];
      const others = accepting.filter((name) => name !== avoid);
      const nodes = (others.length > 0 ? others : accepting).flatMap((name) => this.plans.get(name) ?? []);
      const paidOnly = accepting.every((name) => this.paid.has(name));
      lists = { all: this.list(nodes), unpaid: this.list(nodes.filter(({ paid }) => !paid)), paidOnly };
      this.byKey.set(key, lists);
    }
    return lists;
  }

  /** Nodes for a run. Paid ones are among them only if no other has a start in time. */
  listFor(run: WaitingRun): NodeList {
    const { all, unpaid, paidOnly } = this.listsOf(run);
    if (all === unpaid) return all;
    if (run.maxWait === null) return paidOnly ? all : unpaid;
    const at = this.earliest(run.request, unpaid)?.at ?? Infinity;
    return at === this.now || at <= run.createdAt + run.maxWait ? unpaid : all;
  }

  sized(request: Request): Sized {
    let sized = this.sizes.get(request);
    if (!sized) this.sizes.set(request, (sized = { ...request, amounts: amountsOf(request.asks) }));
    return sized;
  }

  /** The node on which the request starts now; `null`: none. */
  startNow(request: Request, list: NodeList): NodePlan | null {
    list.frontier ??= this.frontier(list);
    if (!fitsSome(list.frontier, request) || list.full.has(request)) return null;
    const found = this.best(this.sized(request), list);
    if (!found) list.full.add(request);
    return found;
  }

  /**
   * The earliest start from `from` on. `null`: no node has a known time at which the request fits.
   *
   * @param own the place that it has: later ones do not count, and among equal ones its node is taken
   */
  earliest(request: Request, list: NodeList, own: Place | null = null, from = this.now): Place | null {
    const sized = this.sized(request);
    let found: Place | null = null;
    for (const node of list.nodes) {
      const at = node.earliest(sized, from, found?.at ?? own?.at);
      if (at === this.now) return { node: this.best(sized, list)!, at };
      if (at !== Infinity && (!found || at < found.at || (at === found.at && node === own?.node))) found = { node, at };
    }
    return found;
  }

  take(request: Request, { node, at }: Place): void {
    node.take(this.sized(request), at);
    this.changed(node);
  }

  release(request: Request, { node, at }: Place): void {
    node.release(this.sized(request), at);
    this.changed(node);
  }

  /** Does the work as if the request did not have its place. The work may look, but not change a plan. */
  without<T>(request: Request, { node, at }: Place, work: () => T): T {
    const sized = this.sized(request);
    node.release(sized, at);
    try {
      return work();
    } finally {
      node.take(sized, at);
    }
  }

  fits(request: Request, { node, at }: Place): boolean {
    return node.earliest(this.sized(request), at) === at;
  }

  /** Whether the request fits the node at this instant, for however short. */
  hasRoom(request: Request, node: NodePlan): boolean {
    return fitsFree(request.asks, node.free);
  }

  /** Whether a node is in both lists. */
  meet(one: NodeList, other: NodeList): boolean {
    let row = this.met.get(one);
    if (!row) this.met.set(one, (row = new Map()));
    let answer = row.get(other);
    if (answer === undefined) row.set(other, (answer = one.nodes.some((node) => other.members.has(node))));
    return answer;
  }

  private best(sized: Sized, { nodes }: NodeList): NodePlan | null {
    let found: NodePlan | null = null;
    for (const node of nodes) {
      if (node.earliest(sized, this.now) !== this.now) continue;
      if (!found || better(node, found)) found = node;
    }
    return found;
  }

  private list(nodes: NodePlan[]): NodeList {
    const sorted = nodes.sort((a, b) => Number(a.paid) - Number(b.paid) || (a.paid ? 0 : a.name < b.name ? -1 : 1));
    const key = sorted.map(({ name }) => name).join('\n');
    let list = this.lists.get(key);
    if (!list) this.lists.set(key, (list = { nodes: sorted, members: new Set(sorted), frontier: null, full: new Set() }));
    return list;
  }

  private frontier({ nodes }: NodeList): Point[] {
    return frontierOf(nodes.flatMap((node) => node.windows().map(({ free, until }) => ({ free, length: until - this.now }))));
  }

  private changed(node: NodePlan): void {
    for (const list of this.lists.values()) if (list.members.has(node)) list.frontier = null;
  }
}

/** Whether a node is better: of unpaid nodes the fuller one is, so that large runs find room on the others. @param other an earlier one of a list */
function better(one: NodePlan, other: NodePlan): boolean {
  if (one.paid || other.paid) return false;
  const [cpu, memory] = one.free as [number, number];
  const [otherCpu, otherMemory] = other.free as [number, number];
  return cpu !== otherCpu ? cpu < otherCpu : memory < otherMemory;
}
