import { randomUUID } from 'node:crypto';
import { type AllocationReply, allocationReply, allocationsReply, type FleetEventReply, fleetEventsReply } from './documents.js';
import { type Connection, send } from './http.js';

interface Resources {
  /** Millicores. */
  cpu: number;
  /** MB. */
  memory: number;
}

export interface NewAllocation {
  fleet: string;
  container?: string | undefined;
  min: Resources;
  max: Resources;
  labels: Readonly<Record<string, string>>;
  /** Such as `1h`. */
  ttl: string;
  /** A wish, such as `2m`. */
  interval?: string | undefined;
}

/** The allocations of a service. Every method throws as `send` does. */
export class AllocationClient {
  constructor(private readonly connection: Connection) {}

  /** Allocations that have not ended. @param fleet only those of this one */
  async all(fleet?: string): Promise<AllocationReply[]> {
    return (await send(this.connection, { method: 'GET', path: 'v1/allocations', query: { fleet }, reply: allocationsReply })).allocations;
  }

  one(id: string): Promise<AllocationReply> {
    return send(this.connection, { method: 'GET', path: pathOf(id), reply: allocationReply });
  }

  add(allocation: NewAllocation): Promise<AllocationReply> {
    return send(this.connection, { method: 'POST', path: 'v1/allocations', body: allocation, key: randomUUID(), reply: allocationReply });
  }

  /** Keeps it alive for another interval, which the answer has. @param interval a wish, such as `2m` */
  renew(id: string, interval?: string): Promise<AllocationReply> {
    // A repeated renewal does no harm, so a failed one is sent again.
    const key = randomUUID();
    return send(this.connection, { method: 'POST', path: `${pathOf(id)}/renewals`, body: { interval }, key, reply: allocationReply });
  }

  free(id: string): Promise<AllocationReply> {
    return send(this.connection, { method: 'DELETE', path: pathOf(id), reply: allocationReply });
  }

  async events(id: string): Promise<FleetEventReply[]> {
    return (await send(this.connection, { method: 'GET', path: `${pathOf(id)}/events`, reply: fleetEventsReply })).events;
  }
}

function pathOf(id: string): string {
  return `v1/allocations/${encodeURIComponent(id)}`;
}
