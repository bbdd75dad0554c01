import type { Resources } from '../../spec/worker-spec.js';
import { type Amounts, Profile, type Window } from './profile.js';
import type { Busy, NodeState, Request } from './snapshot.js';

/** A request's amounts in the order of a node's profile. One worker counts as one. */
export function amountsOf({ cpu, memory, storage }: Resources): Amounts {
  return [cpu, memory, storage, 1];
}

const one: Amounts = [1];

/** A worker that is late by so many milliseconds counts as late by twice as much. */
const firstLateness = 1000;

/** Each doubling of its lateness moves promises once, and no pass between. */
function expectedEnd(end: number, now: number): number {
  let lateness = 0;
  while (end + lateness <= now) lateness = Math.max(firstLateness, 2 * lateness);
  return end + lateness;
}

/** The known future of a node: its workers, and the reservations on it. */
export class NodePlan {
  readonly name: string;
  readonly paid: boolean;
  private readonly resources: Profile;
  private readonly slots: Profile | null;
  private kept: readonly Window[] | null = null;

  constructor(node: NodeState, now: number) {
    const { capacity, making, emptyBy, busy } = node;
    const { cpu, memory, storage, workers } = capacity;
    this.name = node.name;
    this.paid = node.paid;
    const uses = (list: readonly Busy[], amounts: (one: Busy) => Amounts, end: (one: Busy) => number | null) =>
      list.map((one) => ({ amounts: amounts(one), until: expectedEnd(end(one) ?? Infinity, now) }));
    const total = [cpu, memory, storage, workers].map((amount) => amount ?? Infinity);
    this.resources = new Profile(
      total,
      now,
      uses(
        busy,
        ({ asks }) => amountsOf(asks),
        ({ until }) => until,
      ),
      emptyBy,
    );
    const made = busy.filter(({ makingUntil }) => makingUntil !== null);
    this.slots =
      making === null
        ? null
        : new Profile(
            [making],
            now,
            uses(
              made,
              () => one,
              ({ makingUntil }) => makingUntil,
            ),
          );
  }

  /** The earliest start from `from` to `limit`; `Infinity`: none. */
  earliest({ amounts, life, making }: Sized, from: number, limit = Infinity): number {
    const { resources, slots } = this;
    let start = resources.earliest(amounts, life, from, limit);
    while (slots && start !== Infinity) {
      const slot = slots.earliest(one, making, start, limit);
      if (slot === start) break;
      start = slot === Infinity ? slot : resources.earliest(amounts, life, slot, limit);
    }
    return start;
  }

  take({ amounts, life, making }: Sized, at: number): void {
    this.kept = null;
    this.resources.take(amounts, at, at + life);
    this.slots?.take(one, at, at + making);
  }

  release({ amounts, life, making }: Sized, at: number): void {
    this.kept = null;
    this.resources.release(amounts, at, at + life);
    this.slots?.release(one, at, at + making);
  }

  /** What a run may use that starts now, with the longest life. It may be too much where workers are being made. */
  windows(): readonly Window[] {
    this.kept ??= this.slots && this.slots.free[0]! < 1 ? [] : this.resources.windows();
    return this.kept;
  }

  get free(): Amounts {
    return this.resources.free;
  }
}

/** A request with its amounts. */
export type Sized = Pick<Request, 'life' | 'making'> & { amounts: Amounts };
