import type { Ending } from '../../src/backends/ports/ending.js';
import type { Inventory } from '../../src/backends/ports/inventory.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';

type Node = Pick<Inventory, 'list'> & Pick<Ending, 'stop' | 'remove'>;

/** Stops all that runs of a worker, and leaves it there. */
export async function stopWhole(backend: Node, worker: string): Promise<OwnedObject[]> {
  return backend.stop(worker, await backend.list(worker));
}

/** Removes all of a worker. `objects`: what was seen of it; absent: looked up now. */
export async function removeWhole(backend: Node, worker: string, objects?: readonly OwnedObject[]): Promise<void> {
  await backend.remove({ worker, objects: objects ?? (await backend.list(worker)), may: null });
}
