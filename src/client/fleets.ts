import {
  type FleetAccessReply,
  fleetAccessReply,
  type FleetEventReply,
  fleetEventsReply,
  type FleetReply,
  fleetReply,
  fleetsReply,
} from './documents.js';
import { type Connection, send } from './http.js';

/** The sizes of a fleet, as a request sets them. Missing ones stay as they are. */
export interface FleetSizes {
  min?: number | undefined;
  max?: number | undefined;
  /** Such as `5m`. */
  idle?: string | undefined;
  /** The most of its workers that runs borrow at the same time. */
  aux?: number | undefined;
}

export interface NewFleet extends FleetSizes {
  name: string;
  spec: unknown;
  min: number;
  max: number;
  /** Labels that a node of its workers has. */
  nodes: Readonly<Record<string, string>>;
}

/** The fleets of a service. Every method throws as `send` does. */
export class FleetClient {
  constructor(private readonly connection: Connection) {}

  async all(): Promise<FleetReply[]> {
    return (await send(this.connection, { method: 'GET', path: 'v1/fleets', reply: fleetsReply })).fleets;
  }

  one(name: string): Promise<FleetReply> {
    return send(this.connection, { method: 'GET', path: pathOf(name), reply: fleetReply });
  }

  /** A repeated request returns the same fleet. @throws MayflyError `key_reused` where another fleet has the name */
  add(fleet: NewFleet): Promise<FleetReply> {
    return send(this.connection, { method: 'POST', path: 'v1/fleets', body: fleet, reply: fleetReply });
  }

  set(name: string, sizes: FleetSizes): Promise<FleetReply> {
    return send(this.connection, { method: 'PATCH', path: pathOf(name), body: sizes, reply: fleetReply });
  }

  remove(name: string): Promise<FleetReply> {
    return send(this.connection, { method: 'DELETE', path: pathOf(name), reply: fleetReply });
  }

  /** Outputs of the ready workers, secret ones too. */
  async access(name: string): Promise<FleetAccessReply['workers']> {
    return (await send(this.connection, { method: 'GET', path: `${pathOf(name)}/access`, reply: fleetAccessReply })).workers;
  }

  /** The first 1000 events, the oldest first. */
  async events(name: string): Promise<FleetEventReply[]> {
    return (await send(this.connection, { method: 'GET', path: `${pathOf(name)}/events`, query: { limit: 1000 }, reply: fleetEventsReply }))
      .events;
  }
}

function pathOf(name: string): string {
  return `v1/fleets/${encodeURIComponent(name)}`;
}
