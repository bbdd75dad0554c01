import type { Inventory } from '../backends/ports/inventory.js';
import type { Clock } from '../clock.js';

/**
 * Now, by the node's clock, in milliseconds since the epoch. The skew is that of the node's last answer: call this after the look that it
 * is compared with, so that a clock that has jumped since an earlier look ends nothing.
 */
export async function nodeNow(backend: Pick<Inventory, 'clockSkew'>, clock: Clock): Promise<number> {
  return clock.now() + (await backend.clockSkew());
}
