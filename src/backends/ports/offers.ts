import type { Offer } from '../../spec/offer.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Capabilities } from './capabilities.js';

/** Used by `worker/` to choose a node. */
export interface Offers {
  readonly capabilities: Capabilities;
  /** Returns the node's offer for a spec. It asks the node for its capacity and changes nothing. */
  offer(spec: WorkerSpec): Promise<Offer>;
}
