import type http from 'node:http';
import { isRead } from './call-kinds.js';
import type { Dialer } from './dial.js';

/** Largest number of simultaneous connections for each sort of call with a deadline. */
export interface ConnectionLimits {
  reads: number;
  changes: number;
}

/** Limits of one client: enough for many parallel calls, and below a daemon's default limits. */
export const sharedConnections: ConnectionLimits = { reads: 24, changes: 48 };

/** Limits while one worker is ended: a container that ignores TERM uses a connection for the whole grace. */
export const ownConnections: ConnectionLimits = { reads: 24, changes: 128 };

/**
 * The connections of one client, separated by the sort of call. Reading calls never wait for changing calls, and a call without a deadline has
 * a connection of its own.
 */
export class Connections {
  private readonly reads: http.Agent;
  private readonly changes: http.Agent;
  private readonly endless: http.Agent;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    this.reads = dialer.agent({ keepAlive: true, maxSockets: limits.reads });
    this.changes = dialer.agent({ keepAlive: true, maxSockets: limits.changes });
    this.endless = dialer.agent({ keepAlive: false });
  }

  of(method: string, deadline: number | null): http.Agent {
    if (deadline === null) return this.endless;
    return isRead(method) ? this.reads : this.changes;
  }

  close(): void {
    for (const agent of [this.reads, this.changes, this.endless]) agent.destroy();
  }
}
