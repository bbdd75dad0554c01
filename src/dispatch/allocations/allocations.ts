import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { type Allocation, dueAt, isOpen } from '../../tasks/allocations/allocation.js';
import { type AllocationDecision, renew } from '../../tasks/allocations/decisions.js';
import type { AllocationStore, NewStoredAllocation } from '../store/allocation-store.js';

/** Allocations that have not ended, as the store has them. Every change of an allocation goes through here. */
export class Allocations {
  /** By fleet, then by id. */
  private readonly living: Index = new Map();
  private readonly fleetOf = new Map<string, string>();
  /** By worker, then by id. */
  private readonly byWorker: Index = new Map();
  /** Numbers of allocations, by organisation. */
  private readonly counts = new Map<string, number>();
  /** When time alone ends the next one; `undefined`: to be computed. */
  private next: number | null | undefined;

  constructor(
    private readonly store: AllocationStore,
    private readonly clock: Pick<Clock, 'now'>,
    /** Called after each change, for each new allocation, and for each that was read at the start. */
    private readonly onChange: (allocation: Allocation, before: Allocation | undefined) => void,
  ) {}

  /** Reads the allocations that an earlier process left. Nobody could renew them meanwhile, so their intervals begin again. */
  async load(): Promise<void> {
    for (const allocation of await this.store.living()) this.keep(allocation);
    const open = [...this.all()].filter(isOpen);
    await Promise.all(open.map(({ id, interval }) => this.change(id, (one, now) => (isOpen(one) ? renew(one, { interval, now }) : null))));
  }

  get(id: string): Allocation | undefined {
    const fleet = this.fleetOf.get(id);
    return fleet === undefined ? undefined : this.living.get(fleet)?.get(id);
  }

  /** The allocation as it is now, also an ended one. */
  async find(id: string): Promise<Allocation | null> {
    return this.get(id) ?? this.store.allocation(id);
  }

  *all(): Iterable<Allocation> {
    for (const own of this.living.values()) yield* own.values();
  }

  /** The allocations of a fleet, the oldest first. */
  ofFleet(fleet: string): Allocation[] {
    return inTurn(this.living.get(fleet));
  }

  /** The allocations that have resources of a worker, the oldest first. `null`: no worker. */
  onWorker(worker: string | null): Allocation[] {
    return worker === null ? [] : inTurn(this.byWorker.get(worker));
  }

  /** The number of an organisation's allocations. */
  countOf(organisation: string): number {
    return this.counts.get(organisation) ?? 0;
  }

  /** Whether a fleet has any. */
  has(fleet: string): boolean {
    return this.living.has(fleet);
  }

  get size(): number {
    return this.fleetOf.size;
  }

  /** When time alone ends the next one, in milliseconds since the epoch; `null`: never. */
  get nextAt(): number | null {
    if (this.next === undefined) {
      const times = [...this.all()].flatMap((one) => dueAt(one) ?? []);
      this.next = times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
    }
    return this.next;
  }

  /** See `AllocationStore.insert`. */
  async insert(allocation: NewStoredAllocation): ReturnType<AllocationStore['insert']> {
    const inserted = await this.store.insert(allocation);
    if (inserted.stored) this.keep(allocation.allocation);
    return inserted;
  }

  /**
   * Stores a decision about an allocation. It is made on the newest revision, again where another change was first.
   *
   * @param decide `null`: nothing changes
   * @returns the allocation after it
   * @throws MayflyError `allocation_unknown`, and the errors of `decide`
   */
  async change(id: string, decide: (allocation: Allocation, now: number) => AllocationDecision | null): Promise<Allocation> {
    for (;;) {
      const allocation = await this.find(id);
      if (!allocation) throw allocationUnknown(id);
      const now = this.clock.now();
      const decision = decide(allocation, now);
      if (decision === null) return allocation;
      const changed = await this.store.change(allocation, decision.change, decision.event && { at: now, ...decision.event });
      const current = changed ?? (await this.store.allocation(id));
      if (current) this.keep(current);
      else this.remove(allocation);
      if (changed) return changed;
    }
  }

  private keep(allocation: Allocation): void {
    const { id, fleet, organisation, worker, state, revision } = allocation;
    const before = this.get(id);
    if (before && before.revision > revision) return;
    if (before) this.remove(before);
    if (state !== 'ended') {
      this.fleetOf.set(id, fleet);
      this.counts.set(organisation, this.countOf(organisation) + 1);
      put(this.living, fleet, allocation);
      if (worker !== null) put(this.byWorker, worker, allocation);
    }
    this.next = undefined;
    this.onChange(allocation, before);
  }

  private remove({ id, organisation }: Allocation): void {
    const kept = this.get(id);
    if (!kept) return;
    this.fleetOf.delete(id);
    const count = this.countOf(organisation) - 1;
    if (count > 0) this.counts.set(organisation, count);
    else this.counts.delete(organisation);
    take(this.living, kept.fleet, id);
    if (kept.worker !== null) take(this.byWorker, kept.worker, id);
    this.next = undefined;
  }
}

type Index = Map<string, Map<string, Allocation>>;

function put(index: Index, key: string, allocation: Allocation): void {
  const own = index.get(key) ?? new Map<string, Allocation>();
  index.set(key, own.set(allocation.id, allocation));
}

function take(index: Index, key: string, id: string): void {
  const own = index.get(key);
  own?.delete(id);
  if (own?.size === 0) index.delete(key);
}

/** The oldest first. */
function inTurn(own: ReadonlyMap<string, Allocation> | undefined): Allocation[] {
  return [...(own?.values() ?? [])].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

export function allocationUnknown(id: string): MayflyError {
  return new MayflyError('allocation_unknown', {
    place: { path: id },
    cause: 'there is no allocation with this id',
    remedy: 'see GET /v1/allocations',
  });
}
