import { setTimeout as sleep } from 'node:timers/promises';
import { api } from './docker.js';

/** Names of all volumes of a cache: its files, records and uses. */
export async function volumesOfCache(cache: string): Promise<string[]> {
  const { body } = await api('GET', `/volumes?filters=${encodeURIComponent(JSON.stringify({ label: [`dev.mayfly.cache=${cache}`] }))}`);
  return ((body as { Volumes: { Name: string }[] | null }).Volumes ?? []).map(({ Name }) => Name).sort();
}

/** Looks without a volume after which no keeper of another test is still writing a record of the cache. */
const quietLooks = 6;

/** Removes all of a cache whose workers have ended. Each keeper on the daemon may be freeing it at the same time, and writes a record then. */
export async function removeCacheVolumes(cache: string): Promise<void> {
  for (let quiet = 0; quiet < quietLooks; quiet += 1) {
    const left = await volumesOfCache(cache);
    if (left.length > 0) quiet = 0;
    for (const name of left) await api('DELETE', `/volumes/${name}`);
    await sleep(250);
  }
}
