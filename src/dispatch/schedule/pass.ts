import { takeAhead } from './ahead.js';
import { causeOf, takenBy } from './causes.js';
import type { Cause, Decisions, Moved, Placement, Wait } from './decisions.js';
import type { NodePlan } from './node-plan.js';
import { byPriority, byPromise, byShare, type HeldRun } from './order.js';
import { Organisations } from './organisations.js';
import { type NodeList, type Place, Places } from './places.js';
import { type Promised, Promises, withHeld } from './promises.js';
import type { Snapshot, WaitingRun } from './snapshot.js';

/** Shared, since most runs of a long queue get it. */
const noRoom: Wait = { code: 'no_room' };

/** One walk over the waiting runs. Each run is decided in its turn, and no later run changes what was decided before. */
export class Pass {
  readonly places: Places;
  readonly organisations: Organisations;
  readonly promises: Promises;
  /** Runs with promises of earlier passes. */
  private readonly held: readonly HeldRun[];
  private readonly placements: Placement[] = [];
  readonly waits = new Map<string, Wait>();
  readonly started = new Map<string, Place>();
  /** Why promises of earlier passes did not fit any more. */
  private readonly causes = new Map<string, Cause>();
  /** Lists whose nodes are reserved as often as `depth` allows at the priority that is being walked. */
  private reserved = new Set<NodeList>();
  private nextOrder: number;

  constructor(
    readonly snapshot: Snapshot,
    private readonly before: Snapshot | null = null,
  ) {
    this.places = new Places(snapshot);
    this.organisations = new Organisations(snapshot);
    this.promises = new Promises(this.places, this.organisations);
    this.held = snapshot.waiting.filter(isHeld).sort(byPromise);
    this.nextOrder = this.held.reduce((most, { held }) => Math.max(most, held.order + 1), 0);
  }

  /** Decides run after run. Yields each one before it is decided. */
  *turns(): Generator<WaitingRun> {
    const { promises } = this;
    const bids: WaitingRun[] = [];
    const runs: WaitingRun[] = [];
    for (const run of this.snapshot.waiting) (run.bid ? bids : runs).push(run);
    const lost = this.held.filter((run) => !promises.fix(run));
    // A promise that took the place of another one may have restored it already.
    for (const run of lost) if (!promises.of(run.id)) this.restore(run, null);
    for (const level of byPriority(runs)) yield* this.level(level);
    for (const run of this.held) {
      const promise = run.bid ? promises.of(run.id) : undefined;
      if (!promise) continue;
      yield run;
      this.reservedAt(run, promise.place);
    }
    yield* this.newBids(bids.filter(({ id }) => !promises.of(id)));
  }

  /** They are planned behind the runs that wait, whose places are taken for so long. */
  private *newBids(bids: readonly WaitingRun[]): Generator<WaitingRun> {
    if (bids.length === 0) return;
    const unreserved = this.snapshot.waiting.filter(({ id }) => this.waits.get(id)?.code === 'no_room');
    const ahead = takeAhead(this.places, unreserved);
    for (const level of byPriority(bids)) {
      for (const run of level) {
        yield run;
        this.placeBid(run);
      }
    }
    for (const { request, place } of ahead) this.places.release(request, place);
  }

  /** Its promise is about the time at which it expires, or later: then it may still be accepted. */
  private placeBid(run: WaitingRun): void {
    const { places, organisations, snapshot } = this;
    const refusal = organisations.refusal(run);
    if (refusal) return this.wait(run, refusal);
    const { all } = places.listsOf(run);
    if (all.nodes.length === 0) return this.wait(run, { code: 'nodes_closed' });
    const place = places.earliest(run.request, this.places.listFor(run), null, run.notBefore ?? snapshot.now);
    if (!place) return this.wait(run, { code: 'no_known_end' });
    this.promises.add({ run, place, order: this.nextOrder++, list: all });
    this.reservedAt(run, place);
  }

  /** Runs of one priority: those with promises first. */
  private *level(runs: readonly WaitingRun[]): Generator<WaitingRun> {
    this.reserved = new Set();
    const others: WaitingRun[] = [];
    const held: HeldRun[] = [];
    for (const run of runs) {
      if (isHeld(run)) held.push(run);
      else others.push(run);
    }
    for (const run of held.sort(byPromise)) yield* this.turn(run);
    for (const run of byShare(others, (organisation) => this.organisations.share(organisation))) {
      yield run;
      this.place(run);
    }
  }

  private *turn(run: WaitingRun): Generator<WaitingRun> {
    yield run;
    const promise = this.promises.of(run.id);
    if (promise) this.improve(promise);
    else this.place(run);
  }

  /** The decisions when all turns were taken. */
  result(): Decisions {
    const reservations = [...this.promises.all()]
      .map(({ run, place, order }) => ({ run: run.id, node: place.node.name, startsBy: place.at, order }))
      .sort((a, b) => a.order - b.order);
    const moved = this.held.flatMap((run) => this.moved(run));
    return { placements: this.placements, reservations, moved, waits: this.waits };
  }

  /** The start that a run would get in the turn that was yielded last. `null`: it would wait without one. */
  look(run: WaitingRun): Place | null {
    const { places, organisations } = this;
    return this.promises.without(run.id, () => {
      const allowed = organisations.refusal(run) === null && (run.notBefore ?? 0) <= places.now;
      return allowed ? places.earliest(run.request, this.places.listFor(run)) : null;
    });
  }

  decided(run: string): boolean {
    return this.started.has(run) || this.waits.has(run);
  }

  private moved(run: HeldRun): Moved[] {
    const { held } = run;
    const place = this.started.get(run.id) ?? this.promises.of(run.id)?.place;
    if (place && place.at <= held.startsBy) return [];
    const after = place ? { node: place.node.name, startsBy: place.at, order: held.order } : null;
    return [{ run: run.id, before: held, after, cause: this.causes.get(run.id) ?? causeOf(run, this.snapshot, this.before) }];
  }

  /** A run without a promise: starts, is reserved, or waits. */
  private place(run: WaitingRun): void {
    const { places, organisations, snapshot } = this;
    const { request, notBefore } = run;
    if (notBefore !== null && notBefore > snapshot.now) return this.wait(run, { code: 'not_before', at: notBefore });
    const refusal = organisations.refusal(run);
    if (refusal) return this.wait(run, refusal);
    if (this.placements.length >= snapshot.settings.batch) return this.wait(run, { code: 'next_pass' });
    const { all } = places.listsOf(run);
    if (all.nodes.length === 0) return this.wait(run, { code: 'nodes_closed' });
    const list = this.places.listFor(run);
    const node = places.startNow(request, list);
    if (node) return this.start(run, node);
    const mayReserve = this.mayReserve(run, all);
    const movable = this.promises.movableBy(run, list, mayReserve);
    if (!mayReserve && movable.length === 0) return this.wait(run, noRoom);
    const found = this.find(run, list, movable, mayReserve);
    if (!found) return this.wait(run, mayReserve ? { code: 'no_known_end' } : noRoom);
    if (found.at === snapshot.now) return this.start(run, found.node);
    this.promises.add({ run, place: found, order: this.nextOrder++, list: all });
    this.reservedAt(run, found);
  }

  /** The earliest start, if need be in the place of promises that the run may move. Without the right to reserve: a start now, or none. */
  private find(run: WaitingRun, list: NodeList, movable: readonly Promised[], mayReserve: boolean): Place | null {
    const { places, snapshot } = this;
    const place = mayReserve ? places.earliest(run.request, list) : null;
    const useful = (at: number) => (mayReserve ? at < (place?.at ?? Infinity) : at === snapshot.now);
    return this.makeRoom(run, list, movable, useful, takenBy(run, this.before)) ?? place;
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
    for (const lost of room.lost) this.restore(withHeld(lost), cause);
    this.places.release(run.request, room.place);
    this.organisations.drop(run);
    return room.place;
  }

  /** A run whose promise does not fit any more gets another one. It goes before those that were promised after it. */
  private restore(run: HeldRun, cause: Cause | null): void {
    const { places, organisations } = this;
    const { held, request } = run;
    const list = this.places.listFor(run);
    const allowed = organisations.refusal(run) === null;
    // A bid moves nobody, and cannot start before it expires.
    const movable = run.bid ? [] : this.promises.within(list, (other) => byPromise(run, withHeld(other)) < 0);
    const from = (run.bid ? run.notBefore : null) ?? places.now;
    const why = this.causes.get(run.id) ?? cause ?? causeOf(run, this.snapshot, this.before);
    this.causes.set(run.id, why);
    const direct = allowed ? places.earliest(request, list, null, from) : null;
    const place = allowed ? (this.makeRoom(run, list, movable, (at) => at < (direct?.at ?? Infinity), why) ?? direct) : null;
    if (place) this.promises.add({ run, place, order: held.order, list: places.listsOf(run).all });
  }

  /** A run with a promise: starts now, or gets an earlier promise, or keeps the one that it has. */
  private improve(promise: Promised): void {
    const { run, place: kept } = promise;
    const { places, promises } = this;
    const place = promises.without(run.id, () => places.earliest(run.request, this.places.listFor(run), kept)) ?? kept;
    const starts = place.at === this.snapshot.now;
    const better = place.at < kept.at || (place.at === kept.at && kept.node.paid && !place.node.paid);
    if (starts || better) promises.remove(promise);
    if (starts) return this.start(run, place.node);
    if (better) promises.add({ ...promise, place });
    this.reservedAt(run, better ? place : kept);
  }

  private start(run: WaitingRun, node: NodePlan): void {
    const place = { node, at: this.snapshot.now };
    this.places.take(run.request, place);
    this.organisations.hold(run);
    this.organisations.start(run);
    this.started.set(run.id, place);
    this.placements.push({ run: run.id, node: node.name });
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
    this.waits.set(id, wait);
  }
}

function isHeld(run: WaitingRun): run is HeldRun {
  return run.held !== null;
}
