import type { Ending } from './ending.js';
import type { EngineSockets } from './engine-sockets.js';
import type { Identity } from './identity.js';
import type { Inventory } from './inventory.js';
import type { Leases } from './leases.js';
import type { Making } from './making.js';
import type { Offers } from './offers.js';
import type { Logs, Sessions } from './sessions.js';
import type { Sizes } from './sizes.js';

/**
 * One node: a configured instance of a kind of backend. All of its ports together; each user takes the ones that it needs. Nothing here
 * reads or writes local state, and an object without our labels is never changed or removed.
 */
export interface Backend extends Identity, Offers, Inventory, Ending, Leases, Making, Logs {
  /** `null`: no command can be run in a worker, and no file copied; `capabilities.sessions` says why. */
  readonly sessions: Sessions | null;
  /** `null`: the node limits sizes by itself, or nothing can be measured. */
  readonly sizes: Sizes | null;
  /** `null`: no engine runs commands in its containers. */
  readonly engineSockets: EngineSockets | null;
}
