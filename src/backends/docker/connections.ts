import type http from 'node:http';
import type { Pool } from './call-kinds.js';
import type { Dialer } from './dial.js';

/** Largest number of simultaneous connections in each pool; `Infinity`: each call has one of its own. */
export type ConnectionLimits = Readonly<Record<Pool, number>>;

/** Limits of one client: enough for many parallel calls, and below a daemon's default limits. */
export const sharedConnections: ConnectionLimits = { looks: 24, reads: 24, starts: 48, followers: Infinity };

/** Limits while one worker is ended: a container that ignores TERM uses a connection for the whole grace. */
export const ownConnections: ConnectionLimits = { looks: 24, reads: 24, starts: 128, followers: Infinity };

/** The connections of one client, in pools. A call never waits for calls of another pool. */
export class Connections {
  private readonly agents: Readonly<Record<Pool, http.Agent>>;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    const agent = (pool: Pool) => dialer.agent({ keepAlive: pool !== 'followers', maxSockets: limits[pool] });
    this.agents = { looks: agent('looks'), reads: agent('reads'), starts: agent('starts'), followers: agent('followers') };
  }

  of(pool: Pool): http.Agent {
    return this.agents[pool];
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }
}
