import type { Fleet, FleetChange, FleetEvent, NewFleetEvent } from '../../tasks/fleets/fleet.js';
import type { Run } from '../run.js';

/** Fleets, as the dispatcher's store has them. Each change is a compare-and-set with its event in the same transaction. */
export interface FleetStore {
  /** `existing`: the organisation has a fleet of this name that is not closed. */
  insert(fleet: NewFleet): Promise<{ stored: true } | { stored: false; existing: Fleet; bodyHash: string }>;
  /** Stores a change if the fleet is still at `of.revision`. `null`: another change was first, and nothing is stored. */
  change(of: Pick<Fleet, 'id' | 'revision'>, change: FleetChange, event: NewFleetEvent): Promise<Fleet | null>;
  /** Stores an event alone. */
  addEvent(fleet: string, event: NewFleetEvent): Promise<void>;
  /** All fleets that are not closed. */
  open(): Promise<Fleet[]>;
  /** Events in their one order, the oldest first. `after`: only those after this sequence. `newest`: the last `limit` events. */
  events(query: { fleet: string; after?: number; newest?: boolean; limit: number }): Promise<FleetEvent[]>;
  /** The sealed secrets of its spec; `null`: it has none. */
  secrets(fleet: string): Promise<Uint8Array | null>;
  /** Its runs with a final state, the youngest first. */
  ended(fleet: string, limit: number): Promise<Run[]>;
  /** Stealers of a primary with a final state, the youngest first. Borrowed workers are not among them. */
  endedStealers(primary: string, limit: number): Promise<Run[]>;
}

export interface NewFleet {
  fleet: Fleet;
  /** Sealed. */
  secrets: Uint8Array | null;
  /** Of the request's body. */
  bodyHash: string;
  event: NewFleetEvent;
}
