import type { Allocation } from '../../tasks/allocations/allocation.js';
import type { AllocationChange } from '../../tasks/allocations/decisions.js';
import type { FleetEvent, NewFleetEvent } from '../../tasks/fleets/fleet.js';

/** Allocations, as the dispatcher's store has them. Each change is a compare-and-set with its event in the same transaction. */
export interface AllocationStore {
  /** `existing`: an allocation of this id is there already. */
  insert(allocation: NewStoredAllocation): Promise<{ stored: true } | { stored: false; existing: Allocation; bodyHash: string }>;
  /**
   * Stores a change if the allocation is still at `of.revision`. Its event is one of its fleet, and of the run of its worker.
   *
   * @param event `null`: a renewal has none
   * @returns the allocation after it; `null`: another change was first, and nothing is stored
   */
  change(of: Pick<Allocation, 'id' | 'revision'>, change: AllocationChange, event: NewFleetEvent | null): Promise<Allocation | null>;
  allocation(id: string): Promise<Allocation | null>;
  /** All that have not ended, the oldest first. */
  living(): Promise<Allocation[]>;
  /** Events of one allocation, the oldest first. */
  events(allocation: string, limit: number): Promise<FleetEvent[]>;
}

export interface NewStoredAllocation {
  allocation: Allocation;
  /** The hash of the request's body: a repeated request with another body is an error. */
  bodyHash: string;
  event: NewFleetEvent;
}
