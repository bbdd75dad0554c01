import { causeOf } from './causes.js';
import type { Cause, Decisions, Moved, Wait } from './decisions.js';
import type { NodePlan } from './node-plan.js';
import { byPriority, byPromise, byShare, byTurn, type HeldRun } from './order.js';
import { Organisations } from './organisations.js';
import { type NodeList, type Place, Places } from './places.js';
import { type Promised, Promises } from './promises.js';
import type { Held, Snapshot, WaitingRun } from './snapshot.js';

/**
 * Decides which runs start now and which start is promised to others.
 *
 * @param before the snapshot of the pass before; it shows the causes of moved promises
 */
export function decide(snapshot: Snapshot, before: Snapshot | null = null): Decisions {
  return new Pass(snapshot, before).decide();
}

class Pass {
  private readonly decisions: Decisions = { placements: [], reservations: [], moved: [], waits: new Map() };
  private readonly places: Places;
  private readonly organisations: Organisations;
  private readonly promises: Promises;
  private readonly started = new Map<string, Place>();
  /** Why promises of earlier passes did not fit any more. */
  private readonly causes = new Map<string, Cause>();
  /** Lists whose nodes are reserved as often as `depth` allows at the priority that is being walked. */
  private reserved = new Set<NodeList>();
  private nextOrder: number;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly before: Snapshot | null,
  ) {
    this.places = new Places(snapshot);
    this.organisations = new Organisations(snapshot);
    this.promises = new Promises(this.places, this.organisations);
    this.nextOrder = snapshot.waiting.reduce((most, { held }) => Math.max(most, held ? held.order + 1 : 0), 0);
  }

  decide(): Decisions {
    const waiting = [...this.snapshot.waiting].sort(byTurn);
    const held = waiting.filter((run): run is HeldRun => run.held !== null).sort(byPromise);
    const lost = held.filter((run) => !this.promises.fix(run));
    for (const run of lost) if (!this.promises.of(run.id)) this.restore(run, null);
    const levels = byPriority(waiting.filter(({ bid }) => !bid));
    for (const runs of levels.values()) this.walk(runs);
    for (const run of held.filter(({ bid }) => bid)) this.improve(run);
    for (const run of waiting.filter(({ bid, held: promise }) => bid && !promise)) this.place(run);
    this.decisions.reservations = [...this.promises.all()]
      .map(({ run, place, order }) => ({ run: run.id, node: place.node.name, startsBy: place.at, order }))
      .sort((a, b) => a.order - b.order);
    this.decisions.moved = held.flatMap((run) => this.moved(run));
    return this.decisions;
  }

  private moved(run: HeldRun): Moved[] {
    const { held } = run;
    const place = this.started.get(run.id) ?? this.promises.of(run.id)?.place;
    if (place && place.at <= held.startsBy) return [];
    const after = place ? { node: place.node.name, startsBy: place.at, order: held.order } : null;
    return [{ run: run.id, before: held, after, cause: this.causes.get(run.id) ?? causeOf(run, this.snapshot, this.before) }];
  }

  /** Runs of one priority. */
  private walk(runs: readonly WaitingRun[]): void {
    this.reserved = new Set();
    for (const run of runs.filter((one): one is HeldRun => one.held !== null).sort(byPromise)) this.improve(run);
    const others = runs.filter(({ held }) => held === null);
    for (const run of byShare(others, (organisation) => this.organisations.share(organisation))) this.place(run);
  }

  /** A run without a promise: starts, is reserved, or waits. */
  private place(run: WaitingRun): void {
    const { places, organisations, snapshot } = this;
    const { request, bid, notBefore } = run;
    if (notBefore !== null && notBefore > snapshot.now) return this.wait(run, { code: 'not_before', at: notBefore });
    const refusal = organisations.refusal(run);
    if (refusal) return this.wait(run, refusal);
    if (this.decisions.placements.length >= snapshot.settings.batch) return this.wait(run, { code: 'next_pass' });
    const { all } = places.listsOf(run);
    if (all.nodes.length === 0) return this.wait(run, { code: 'nodes_closed' });
    const { list, inTime } = this.choose(run);
    const node = bid ? null : places.startNow(request, list);
    if (node) return this.start(run, node);
    const movable = this.movable(run, list);
    const mayReserve = inTime || bid || this.mayReserve(run, all);
    if (!mayReserve && movable.length === 0) return this.wait(run, { code: 'no_room' });
    const found = this.find(run, list, movable, mayReserve);
    if (!found) return this.wait(run, mayReserve ? { code: 'no_known_end' } : { code: 'no_room' });
    if (found.at === snapshot.now && !bid) return this.start(run, found.node);
    this.promises.add({ run, place: found, order: this.nextOrder++, list: all });
    this.reservedAt(run, found);
  }

  /** The earliest start, if need be in the place of promises that the run may move. Without the right to reserve: a start now, or none. */
  private find(run: WaitingRun, list: NodeList, movable: readonly Promised[], mayReserve: boolean): Place | null {
    const { places, snapshot } = this;
    const place = mayReserve ? places.earliest(run.request, list) : null;
    const useful = (at: number) => (mayReserve ? at < (place?.at ?? Infinity) : at === snapshot.now);
    return this.makeRoom(run, list, movable, useful, { kind: 'higher_priority', by: run.id }) ?? place;
  }

  private makeRoom(
    run: WaitingRun,
    list: NodeList,
    movable: readonly Promised[],
    useful: (at: number) => boolean,
    cause: Cause,
  ): Place | null {
    const room = this.promises.makeRoom(run.request, list, movable, useful);
    if (!room) return null;
    // The run has its place before others look for theirs.
    this.places.take(run.request, room.place);
    this.organisations.hold(run);
    for (const { run: other, place, order } of room.lost) {
      const held = { node: place.node.name, startsBy: place.at, order };
      this.restore({ ...other, held }, cause);
    }
    this.places.release(run.request, room.place);
    this.organisations.drop(run);
    return room.place;
  }

  /** A run whose promise does not fit any more gets another one. It goes before those that were promised after it. */
  private restore(run: HeldRun, cause: Cause | null): void {
    const { places, organisations } = this;
    const { held, request } = run;
    const { list } = this.choose(run);
    const allowed = organisations.refusal(run) === null;
    const behind = [...this.promises.all()].filter(({ run: other, order }) => byPromise(run, { ...other, held: { ...held, order } }) < 0);
    const movable = behind.filter(({ list: other }) => places.meet(list, other)).sort((a, b) => byPromise(withHeld(a), withHeld(b)));
    const why = this.causes.get(run.id) ?? cause ?? causeOf(run, this.snapshot, this.before);
    this.causes.set(run.id, why);
    const direct = allowed ? places.earliest(request, list) : null;
    const place = allowed ? (this.makeRoom(run, list, movable, (at) => at < (direct?.at ?? Infinity), why) ?? direct) : null;
    if (place) this.promises.add({ run, place, order: held.order, list: places.listsOf(run).all });
  }

  /** A run with a promise: starts now, or gets an earlier promise, or keeps the one that it has. */
  private improve(run: HeldRun): void {
    const promise = this.promises.of(run.id);
    // Nothing could be promised again: it waits like any other.
    if (!promise) return this.place(run);
    this.promises.remove(promise);
    const { list } = this.choose(run);
    const place = this.places.earliest(run.request, list, promise.place.node.name) ?? promise.place;
    if (place.at === this.snapshot.now && !run.bid) return this.start(run, place.node);
    const best = place.at < promise.place.at ? place : promise.place;
    this.promises.add({ ...promise, place: best });
    this.reservedAt(run, best);
  }

  private start(run: WaitingRun, node: NodePlan): void {
    const place = { node, at: this.snapshot.now };
    this.places.take(run.request, place);
    this.organisations.hold(run);
    this.organisations.start(run);
    this.started.set(run.id, place);
    this.decisions.placements.push({ run: run.id, node: node.name });
  }

  /** Nodes for a run. Paid ones are among them only if no other promises a start in time. */
  private choose(run: WaitingRun): { list: NodeList; inTime: boolean } {
    const { all, unpaid } = this.places.listsOf(run);
    if (all === unpaid || unpaid.nodes.length === 0) return { list: all, inTime: false };
    if (run.maxWait === null) return { list: unpaid, inTime: false };
    const at = this.places.earliest(run.request, unpaid)?.at ?? Infinity;
    const inTime = at === this.snapshot.now || at <= run.createdAt + run.maxWait;
    return { list: inTime ? unpaid : all, inTime };
  }

  /** Promises that a run may move: those of lower priority, if no pass has looked at it before. */
  private movable(run: WaitingRun, list: NodeList): Promised[] {
    if (!run.fresh || run.bid) return [];
    return [...this.promises.all()]
      .filter(({ run: other, list: others }) => other.priority < run.priority && this.places.meet(list, others))
      .sort((a, b) => byPromise(withHeld(a), withHeld(b)));
  }

  private mayReserve(run: WaitingRun, list: NodeList): boolean {
    if (this.reserved.has(list)) return false;
    if (this.promises.count(run.priority, list) < this.snapshot.settings.depth) return true;
    this.reserved.add(list);
    return false;
  }

  private reservedAt(run: WaitingRun, { node, at }: Place): void {
    this.wait(run, { code: 'reserved', node: node.name, startsBy: at });
  }

  private wait({ id }: WaitingRun, wait: Wait): void {
    this.decisions.waits.set(id, wait);
  }
}

function withHeld({ run, place, order }: Promised): HeldRun {
  const held: Held = { node: place.node.name, startsBy: place.at, order };
  return { ...run, held };
}
