import type { Inventory } from '../backends/ports/inventory.js';
import type { Clock } from '../clock.js';

/**
 * Now, by the node's clock, in milliseconds since the epoch. It uses the skew of the node's last answer. Call it after the look whose
 * times it is compared with: then a clock that jumped between two looks ends nothing.
 */
export async function nodeNow(backend: Pick<Inventory, 'clockSkew'>, clock: Clock): Promise<number> {
  return clock.now() + (await backend.clockSkew());
}
