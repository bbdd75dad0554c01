import { byPromise, type HeldRun } from './order.js';
import type { Organisations } from './organisations.js';
import type { NodeList, Place, Places } from './places.js';
import type { Request, WaitingRun } from './snapshot.js';

/** A run's place in the plans. */
export interface Promised {
  run: WaitingRun;
  place: Place;
  order: number;
  /** All nodes that it could use. */
  list: NodeList;
}

/** The promises that hold during a pass. Each has its interval in the plan of its node. */
export class Promises {
  private readonly held = new Map<string, Promised>();

  constructor(
    private readonly places: Places,
    private readonly organisations: Organisations,
  ) {}

  of(run: string): Promised | undefined {
    return this.held.get(run);
  }

  all(): Iterable<Promised> {
    return this.held.values();
  }

  /** Puts a promise of an earlier pass where it was, if it still fits there. */
  fix(run: HeldRun): boolean {
    const { all } = this.places.listsOf(run);
    const node = this.places.plan(run.held.node);
    if (!node || !all.members.has(node) || this.organisations.refusal(run)) return false;
    const place = { node, at: Math.max(run.held.startsBy, this.places.now) };
    if (!this.places.fits(run.request, place)) return false;
    this.add({ run, place, order: run.held.order, list: all });
    return true;
  }

  add(promise: Promised): void {
    const { run, place } = promise;
    this.held.set(run.id, promise);
    this.places.take(run.request, place);
    this.organisations.hold(run);
  }

  remove({ run, place }: Promised): void {
    this.held.delete(run.id);
    this.places.release(run.request, place);
    this.organisations.drop(run);
  }

  /** Does the work as if the run had no promise. The work may look, but not change a plan. */
  without<T>(run: string, work: () => T): T {
    const promise = this.held.get(run);
    if (!promise) return work();
    this.organisations.drop(promise.run);
    try {
      return this.places.without(promise.run.request, promise.place, work);
    } finally {
      this.organisations.hold(promise.run);
    }
  }

  /** Whether some promise fulfils a condition. */
  some(condition: (promise: Promised) => boolean): boolean {
    for (const promise of this.held.values()) if (condition(promise)) return true;
    return false;
  }

  /** Promises that could use a node of the list, in their order. */
  within(list: NodeList, which: (promise: Promised) => boolean): Promised[] {
    return [...this.held.values()]
      .filter((promise) => which(promise) && this.places.meet(list, promise.list))
      .sort((a, b) => byPromise(withHeld(a), withHeld(b)));
  }

  /** Promises that a run may move: those of lower priority, if no pass has looked at it before. `mayReserve`: false: only where it starts now. */
  movableBy({ request, priority, fresh }: WaitingRun, list: NodeList, mayReserve: boolean): Promised[] {
    if (!fresh) return [];
    const lower = ({ run }: Promised) => run.priority < priority;
    const useful = this.some((one) => lower(one) && (mayReserve || this.places.hasRoom(request, one.place.node)));
    return useful ? this.within(list, lower) : [];
  }

  /** How many of the priority could use a node of the list. */
  count(priority: number, list: NodeList): number {
    let count = 0;
    for (const { run, list: other } of this.held.values()) {
      if (run.priority === priority && !run.bid && this.places.meet(list, other)) count += 1;
    }
    return count;
  }

  /**
   * Looks for an earlier start in the place of promises that may be moved. Promises that still fit stay.
   *
   * @param movable in their order
   * @param useful whether a start at this time is worth it
   * @returns the start, and the promises that lost theirs; `null`: there is none, and nothing has changed
   */
  makeRoom(
    request: Request,
    list: NodeList,
    movable: readonly Promised[],
    useful: (at: number) => boolean,
  ): { place: Place; lost: Promised[] } | null {
    if (movable.length === 0) return null;
    for (const promise of movable) this.remove(promise);
    const place = this.places.earliest(request, list);
    const found = place !== null && useful(place.at);
    if (found) this.places.take(request, place);
    const lost = movable.filter((promise) => {
      if (this.places.fits(promise.run.request, promise.place)) this.add(promise);
      return !this.held.has(promise.run.id);
    });
    if (!found) return null;
    this.places.release(request, place);
    return { place, lost };
  }
}

export function withHeld({ run, place, order }: Promised): HeldRun {
  return { ...run, held: { node: place.node.name, startsBy: place.at, order } };
}
