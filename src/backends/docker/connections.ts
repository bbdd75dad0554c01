import type http from 'node:http';
import { isLook } from './call-kinds.js';
import type { Dialer } from './dial.js';

/** The most connections at once for each sort of call that has a deadline. */
export interface ConnectionLimits {
  looks: number;
  changes: number;
}

/** Of one client: enough for a wide walk, few enough for a daemon's default limits. */
export const sharedConnections: ConnectionLimits = { looks: 24, changes: 48 };

/** Of one worker's end: a container that ignores TERM holds one for the whole grace. */
export const ownConnections: ConnectionLimits = { looks: 24, changes: 128 };

/**
 * The connections of one client, apart by the sort of call: changes never keep a look waiting, and a call without a deadline has a connection
 * that no other call waits for.
 */
export class Connections {
  private readonly looks: http.Agent;
  private readonly changes: http.Agent;
  private readonly endless: http.Agent;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    this.looks = dialer.agent({ keepAlive: true, maxSockets: limits.looks });
    this.changes = dialer.agent({ keepAlive: true, maxSockets: limits.changes });
    this.endless = dialer.agent({ keepAlive: false });
  }

  of(method: string, deadline: number | null): http.Agent {
    if (deadline === null) return this.endless;
    return isLook(method) ? this.looks : this.changes;
  }

  close(): void {
    for (const agent of [this.looks, this.changes, this.endless]) agent.destroy();
  }
}
