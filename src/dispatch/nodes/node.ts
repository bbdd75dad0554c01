import type { Backend } from '../../backends/ports/backend.js';
import type { OwnedObject } from '../../backends/ports/owned-object.js';
import type { Clock } from '../../clock.js';
import type { MayflyError } from '../../errors.js';
import { deadlineOf } from '../../lease/deadline.js';
import type { Offer } from '../../spec/offer.js';
import type { Resources } from '../../spec/worker-spec.js';
import { type Capacity, countNode, freeOf, type Ledger } from '../ledger.js';
import type { Run } from '../run.js';
import { type Ceiling, ceilingAt, lowered } from './ceiling.js';
import { afterEvent, type Circuit, type CircuitEvent, newCircuit } from './circuit.js';
import { isNodeFault } from './faults.js';
import { type NodeLook, NodeWatch } from './node-watch.js';
import { Starting } from './starting.js';
import type { NodeTerms } from './terms.js';

/** Whether an administrator lets the node take runs. `draining`: it shall become empty. */
export const cordons = ['open', 'cordoned', 'draining'] as const;
export type Cordon = (typeof cordons)[number];

/** A change that may let runs start. `workers`: others have ended, or end at another time. `health`: it may take runs again. */
export type NodeChange = 'workers' | 'health';

export interface NodeParts {
  name: string;
  /** The kind of its backend. */
  kind: string;
  terms: NodeTerms;
  /** The most workers that are made at once. */
  making: number;
  clock: Clock;
  open(): Promise<Backend>;
  /** Is called after each look, which took so many milliseconds. `change`: since the look before; `null`: none. */
  looked(ms: number, answered: boolean, change: NodeChange | null): void;
  /** From 0 to 1. */
  random(): number;
}

/** A node: its resources, those in use, and whether it takes runs now. */
export class Node {
  cordon: Cordon = 'open';
  /** While it is draining: no worker may be placed on it that ends later, in milliseconds since the epoch; `null`: none at all. */
  emptyBy: number | null = null;
  /** Resources of the machine, of its last offer. `null`: unknown, or nothing limits them. */
  offered: Offer['has'] = null;
  readonly watch: NodeWatch;
  readonly starting: Starting;
  private circuit: Circuit = newCircuit;
  /** Workers of the last look, with their ends. */
  private seen = '';
  private lowered: Ceiling | null = null;

  constructor(private readonly parts: NodeParts) {
    this.watch = new NodeWatch(parts.open, parts.clock, {
      answered: (ms) => {
        const before = this.health.state;
        this.report('answered');
        const seen = workersOf(this.watch.last!);
        const change = before !== this.health.state ? 'health' : seen !== this.seen ? 'workers' : null;
        this.seen = seen;
        parts.looked(ms, true, change);
      },
      silent: (error, ms) => {
        this.report('silent', error);
        parts.looked(ms, false, null);
      },
    });
    this.starting = new Starting(this.watch, parts.clock);
  }

  get name(): string {
    return this.parts.name;
  }

  get kind(): string {
    return this.parts.kind;
  }

  get terms(): NodeTerms {
    return this.parts.terms;
  }

  /** Storage counts only if the settings name it. */
  get capacity(): Capacity {
    const { cpu = null, memory = null, storage = null } = { ...this.offered, ...this.terms.capacity };
    return { cpu, memory, storage };
  }

  /** The circuit as of now. */
  get health(): Circuit {
    const { dueAt } = this.circuit;
    if (dueAt !== null && dueAt <= this.parts.clock.now()) this.report('due');
    return this.circuit;
  }

  /** Its clock minus ours, as of its last look; 0 before the first. Milliseconds. */
  get skew(): number {
    return this.watch.last?.skew ?? 0;
  }

  /** Its clock, in milliseconds since the epoch. */
  get now(): number {
    return this.parts.clock.now() + this.skew;
  }

  /** The most workers that are made at once now. */
  get making(): number {
    return this.health.state === 'trying' ? 1 : this.parts.making;
  }

  /** When it is looked at again while it is silent; `null` in any other state. Milliseconds since the epoch. */
  get probeAt(): number | null {
    return this.circuit.state === 'silent' ? this.circuit.dueAt : null;
  }

  /** Looks at the node until the signal: each `period` milliseconds and at its events; one that is silent, when its pause is over. */
  keepLooking(period: number, signal: AbortSignal): Promise<void> {
    const { watch, parts } = this;
    return watch.watch(() => (this.probeAt === null ? period : Math.max(this.probeAt - parts.clock.now(), 0)), signal);
  }

  /** A worker became ready. */
  made(): void {
    this.report('made');
  }

  /**
   * A worker could not be made.
   *
   * @param runs those on this node, also this worker's
   */
  notMade(error: MayflyError, runs: readonly Run[]): void {
    if (error.limit !== null) {
      const workers = Math.max(0, this.count(runs).workers.length - 1);
      this.lowered = lowered(this.lowered, { limit: error.limit, workers, reason: error.message, now: this.parts.clock.now() });
    } else if (isNodeFault(error)) this.report('failed', error);
  }

  /** The most workers, for a while after a refusal. */
  get ceiling(): Ceiling | null {
    return ceilingAt(this.lowered, this.parts.clock.now());
  }

  /** When it may take more without an event; `null`: unknown. Milliseconds since the epoch. */
  get moreAt(): number | null {
    return this.health.dueAt ?? this.ceiling?.until ?? null;
  }

  /** @param runs those on this node */
  count(runs: readonly Run[]): Ledger {
    const look = this.watch.last?.workers ?? new Map<string, OwnedObject[]>();
    const placed = runs.flatMap(({ worker, asks, until }) => (worker === null ? [] : [{ worker, asks, until }]));
    return countNode(look, placed);
  }

  /** Whether a worker could be made on it now. `runs`: those on this node. */
  hasRoom(asks: Resources, runs: readonly Run[]): boolean {
    if (this.closedBecause().length > 0) return false;
    const { used, workers } = this.count(runs);
    const begun = runs.filter(({ state }) => state === 'placed' || state === 'provisioning').length;
    const left = Math.min((this.ceiling?.workers ?? Infinity) - workers.length, this.making - begun);
    const free = freeOf(this.capacity, used);
    return left > 0 && (['cpu', 'memory', 'storage'] as const).every((kind) => free[kind] === null || asks[kind] <= free[kind]);
  }

  /** Reasons for which it takes no run now, one sentence each. */
  closedBecause(): string[] {
    const { state, reason } = this.health;
    const sentence = sentences[state];
    return [
      ...(this.cordon === 'open' || this.emptiesLater() ? [] : [sentences[this.cordon]]),
      ...(sentence === null ? [] : [reason ? `${sentence}: ${reason.message}` : sentence]),
    ];
  }

  /** Until the time of its drain, runs that end before it may start. */
  private emptiesLater(): boolean {
    return this.emptyBy !== null && this.emptyBy > this.parts.clock.now();
  }

  private report(event: CircuitEvent, error: MayflyError | null = null): void {
    const { clock, random } = this.parts;
    this.circuit = afterEvent(this.circuit, event, { now: clock.now(), random: random(), error });
  }
}

const sentences = {
  ready: null,
  trying: null,
  cordoned: 'it is cordoned by an administrator',
  draining: 'it is being drained by an administrator',
  unknown: 'it was not looked at yet',
  silent: 'it does not answer',
  failing: 'workers cannot be made on it',
} as const;

/** The part of a look that matters for the room on the node. */
function workersOf({ workers, skew }: NodeLook): string {
  const ends = [...workers].map(([worker, objects]) => `${worker} ${deadlineOf(objects).endsAt}`);
  return [skew, ...ends].join('\n');
}

/** Runs that hold a share of a node, by its name. */
export function byNode(runs: Iterable<Run>): Map<string, Run[]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    if (run.node === null) continue;
    const group = groups.get(run.node);
    if (group) group.push(run);
    else groups.set(run.node, [run]);
  }
  return groups;
}
