import { decide } from '../../../src/dispatch/schedule/decide.js';
import type { Decisions } from '../../../src/dispatch/schedule/decisions.js';
import type { Busy, Held, NodeState, Snapshot, WaitingRun } from '../../../src/dispatch/schedule/snapshot.js';
import { random } from './seeded-trace.js';

/** A worker of the world. Only the world sees `really`. */
export interface Worker {
  id: string;
  node: string;
  organisation: string | null;
  asks: { cpu: number; memory: number; storage: number };
  until: number;
  /** The end of its making at the latest. */
  made: number;
  really: number;
}

export interface Options {
  seed: number;
  priorities: number;
  depth: number;
  runs: number;
}

const organisations: Snapshot['organisations'] = {
  a: { most: {}, guaranteed: { cpu: 6, memory: 20 } },
  b: { most: { cpu: 8, workers: 4 }, guaranteed: { cpu: 2 } },
  c: { most: {}, guaranteed: {} },
};

function busyOf(now: number) {
  return ({ id, organisation, asks, until, made }: Worker): Busy => ({
    id,
    organisation,
    asks,
    until,
    makingUntil: made > now ? made : null,
  });
}

/** Runs come, start, fail and end on a few nodes. Whether the decisions are sound is the world's own arithmetic. */
export class World {
  now = 0;
  readonly nodes: NodeState[];
  readonly workers = new Map<string, Worker>();
  readonly waiting = new Map<string, WaitingRun>();
  private readonly arrivals: WaitingRun[];
  private readonly lives = new Map<string, number>();
  private before: Snapshot | null = null;
  private readonly next: () => number;
  private retries = 0;

  constructor(private readonly options: Options) {
    this.next = random(options.seed);
    this.nodes = [8, 6, 6, 4].slice(0, this.whole(2, 4)).map((cpu, index) => ({
      ...{ name: `n${index}`, capacity: { cpu, memory: cpu * 4, storage: null, workers: index === 1 ? 3 : null } },
      ...{ making: index === 2 ? 2 : null, closed: null, emptyBy: null, paid: false, skew: 0, busy: [] },
    }));
    let at = 0;
    this.arrivals = Array.from({ length: options.runs }, (_, index) => {
      if (this.next() < 0.6) at += this.whole(1, 15);
      return this.arrival(`r${String(index).padStart(3, '0')}`, at);
    });
  }

  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  get over(): boolean {
    return this.arrivals.length === 0 && this.workers.size === 0 && this.waiting.size === 0;
  }

  get snapshot(): Snapshot {
    return {
      now: this.now,
      nodes: this.nodes.map((node) => ({ ...node, busy: this.on(node.name).map(busyOf(this.now)) })),
      waiting: [...this.waiting.values()],
      organisations,
      classes: { all: this.nodes.map(({ name }) => name), first: ['n0'] },
      settings: { depth: this.options.depth, batch: 64 },
    };
  }

  on(node: string): Worker[] {
    return [...this.workers.values()].filter((worker) => worker.node === node);
  }

  /** Goes to the next instant at which something happens. */
  advance(): void {
    const times = [
      ...this.arrivals.slice(0, 1).map(({ createdAt }) => createdAt),
      ...[...this.workers.values()].map(({ really }) => really),
      ...[...this.waiting.values()].flatMap(({ held }) => (held && held.startsBy > this.now ? [held.startsBy] : [])),
    ].filter((time) => time >= this.now);
    this.now = times.length === 0 ? this.now + 1 : Math.min(...times);
    for (const { id, really } of this.workers.values()) if (really <= this.now) this.end(id);
    while (this.arrivals[0] && this.arrivals[0].createdAt <= this.now) this.enqueue(this.arrivals.shift()!);
  }

  /** Decides and carries it out. @throws where a decision is not sound */
  pass(): Decisions {
    const { snapshot } = this;
    const decisions = decide(snapshot, this.before);
    this.before = snapshot;
    for (const { run: id, node } of decisions.placements) this.start(this.waiting.get(id)!, node);
    const held = new Map<string, Held>(decisions.reservations.map(({ run, ...promise }) => [run, promise]));
    const moved = new Set(decisions.moved.map(({ run }) => run));
    for (const [id, run] of this.waiting) {
      const promise = held.get(id) ?? null;
      const later = run.held !== null && (promise === null || promise.startsBy > run.held.startsBy);
      if (later !== moved.has(id)) throw new Error(`at ${this.now} the promise of ${id} ${later ? 'moves in silence' : 'is said to move'}`);
      this.waiting.set(id, { ...run, held: promise, fresh: false });
    }
    this.assertRoom();
    return decisions;
  }

  /** Something that no run of the queue has done. @returns `null`: it cannot happen now */
  inject(event: 'lost' | 'extended' | 'late' | 'foreign' | 'drained'): { node: string; worker?: string; time: number } | null {
    // The first node stays: every run fits there.
    const index = this.whole(1, this.nodes.length - 1);
    const node = this.nodes[index]!;
    const time = this.now + this.whole(1, 90);
    if (event === 'lost') this.nodes[index] = { ...node, closed: 'node_lost' };
    if (event === 'drained') this.nodes[index] = { ...node, emptyBy: time };
    if (event === 'foreign') {
      const asks = { cpu: 2, memory: 4, storage: 0 };
      this.workers.set('foreign', { id: 'foreign', node: node.name, organisation: null, asks, until: time, made: 0, really: time });
    }
    if (event !== 'extended' && event !== 'late') return { node: node.name, time };
    const worker = [...this.workers.values()][this.whole(0, Math.max(0, this.workers.size - 1))];
    if (!worker) return null;
    const later = worker.until + this.whole(1, 60);
    this.workers.set(worker.id, { ...worker, until: event === 'late' ? worker.until : later, really: later });
    return { node: worker.node, worker: worker.id, time: later };
  }

  hasRoom(node: string, asks: Worker['asks']): boolean {
    const { capacity } = this.nodes.find(({ name }) => name === node)!;
    const used = (kind: 'cpu' | 'memory') => this.on(node).reduce((sum, one) => sum + one.asks[kind], asks[kind]);
    return used('cpu') <= capacity.cpu! && used('memory') <= capacity.memory! && this.on(node).length < (capacity.workers ?? Infinity);
  }

  private start(run: WaitingRun, node: string): void {
    const { id, organisation, request, held } = run;
    if (held && held.startsBy < this.now) this.late.push(id);
    this.waiting.delete(id);
    const life = Math.min(request.life, this.lives.get(id)!);
    this.workers.set(id, {
      id,
      node,
      organisation,
      asks: request.asks,
      until: this.now + request.life,
      made: this.now + request.making,
      really: this.now + life,
    });
    this.runs.set(id, run);
  }

  /** Runs that started after their promise. */
  readonly late: string[] = [];
  private readonly runs = new Map<string, WaitingRun>();

  private end(id: string): void {
    this.workers.delete(id);
    const run = this.runs.get(id);
    if (!run || this.retries >= 5 || this.next() > 0.1) return;
    this.retries += 1;
    this.lives.set(id, this.whole(1, run.request.life));
    this.enqueue({ ...run, held: null });
  }

  private enqueue(run: WaitingRun): void {
    this.waiting.set(run.id, { ...run, fresh: true });
  }

  private arrival(id: string, createdAt: number): WaitingRun {
    const life = this.whole(2, 60);
    this.lives.set(id, this.next() < 0.3 ? life : this.whole(1, life));
    const cpu = this.next() < 0.25 ? this.whole(3, 6) : this.whole(1, 2);
    const request = {
      ...{ asks: { cpu, memory: cpu * this.whole(1, 4), storage: 0 }, life, making: Math.min(life, 3) },
      class: this.next() < 0.15 ? 'first' : 'all',
    };
    const organisation = ['a', 'b', 'c'][this.whole(0, 2)]!;
    const priority = this.whole(1, this.options.priorities) * 100;
    return {
      id,
      organisation,
      priority,
      createdAt,
      request,
      avoid: null,
      notBefore: null,
      fresh: true,
      bid: false,
      maxWait: null,
      held: null,
    };
  }

  private assertRoom(): void {
    for (const { name, capacity, making: limit } of this.nodes) {
      const workers = this.on(name).filter(({ organisation }) => organisation !== null);
      const all = (kind: 'cpu' | 'memory') => workers.reduce((sum, { asks }) => sum + asks[kind], 0);
      const many = workers.length > (capacity.workers ?? Infinity);
      const making = workers.filter(({ made }) => made > this.now).length;
      if (making > (limit ?? Infinity)) throw new Error(`${name} makes ${making} workers at ${this.now}`);
      if (many || all('cpu') > capacity.cpu! || all('memory') > capacity.memory!) throw new Error(`${name} is too full at ${this.now}`);
    }
    const ofB = [...this.workers.values()].filter(({ organisation }) => organisation === 'b');
    if (ofB.length > 4 || ofB.reduce((sum, { asks }) => sum + asks.cpu, 0) > 8)
      throw new Error(`organisation b has too much at ${this.now}`);
  }
}
