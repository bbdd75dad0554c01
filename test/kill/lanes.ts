import { type Lookalikes, removeOwned, seedLookalikes } from '../support/docker.js';
import { uniqueName } from '../support/temp-dir.js';
import { removeCache } from './cache-scenarios.js';

/** One point after the other happens in a lane, to a worker of the same name, between the same foreign lookalikes. */
export interface Lane {
  worker: string;
  lookalikes: Lookalikes[];
}

/** Each with things that have the names and the labels of its worker, almost. */
export async function openLanes(count: number): Promise<Lane[]> {
  const open = async () => {
    const worker = uniqueName('kill');
    return { worker, lookalikes: [await seedLookalikes(worker, undefined, `mayfly-${worker}`)] };
  };
  return Promise.all(Array.from({ length: count }, open));
}

export async function closeLanes(lanes: readonly Lane[]): Promise<void> {
  for (const { worker, lookalikes } of lanes) {
    await Promise.all(lookalikes.map((one) => one.remove()));
    await removeOwned(worker);
    await removeCache(worker);
  }
}
