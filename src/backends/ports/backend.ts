import type { Caches } from './caches.js';
import type { Ending } from './ending.js';
import type { EngineConnections } from './engine-connections.js';
import type { EngineSockets } from './engine-sockets.js';
import type { Identity } from './identity.js';
import type { Inventory } from './inventory.js';
import type { Leases } from './leases.js';
import type { Making } from './making.js';
import type { MemoryKills } from './memory-kills.js';
import type { Offers } from './offers.js';
import type { Logs, Sessions } from './sessions.js';
import type { Sizes } from './sizes.js';

/**
 * One node: a configured instance of a kind of backend, with all of its ports. Each user takes the ports that it needs. No port reads or
 * writes local state. An object without our labels is never changed or removed.
 */
export interface Backend extends Identity, Offers, Inventory, Ending, Leases, Making, Logs, EngineConnections {
  /** `null`: this backend runs no commands in a worker and copies no files; `capabilities.sessions` has the reason. */
  readonly sessions: Sessions | null;
  /** `null`: the node limits sizes by itself, or sizes cannot be measured. */
  readonly sizes: Sizes | null;
  /** `null`: the node does not report them. */
  readonly memoryKills: MemoryKills | null;
  /** `null`: the node keeps no caches; `capabilities.caches` has the reason. */
  readonly caches: Caches | null;
  /** `null`: engines cannot run commands in their containers. */
  readonly engineSockets: EngineSockets | null;
}
