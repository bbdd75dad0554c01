import type { Cache, CacheRecord, Caches, RecordKey } from '../backends/ports/caches.js';
import { nextRecord, topOf } from './cache-state.js';

/** Returns a cache by its name, without records where the node has none. */
export async function findCache(caches: Pick<Caches, 'list'>, name: string, signal?: AbortSignal): Promise<Cache> {
  return (await caches.list(signal)).find((one) => one.name === name) ?? { name, records: [] };
}

/**
 * Writes the next record of a cache, then removes the earlier ones. Only one of several processes that saw the same records succeeds.
 *
 * @param seen the cache as it was when the record was decided
 * @returns the written record; `null` where another process was first
 */
export async function writeNext(caches: Caches, seen: Cache, record: CacheRecord): Promise<RecordKey | null> {
  const written = await caches.write(record);
  if (!written) return null;
  const now = await findCache(caches, seen.name);
  const known = new Set([written, ...seen.records].map(({ id }) => id));
  // After a pause, this process may write a number that others have passed meanwhile, or one of a cache that was made again.
  if (now.records.some(({ id }) => !known.has(id))) {
    await caches.removeRecord(written);
    return null;
  }
  for (const old of seen.records) await caches.removeRecord(old);
  return written;
}

/** Removes the records that a process left when it was killed after it wrote a higher one. */
export async function removeSuperseded(caches: Caches, cache: Cache): Promise<void> {
  const top = topOf(cache);
  for (const record of cache.records) if (record !== top) await caches.removeRecord(record);
}

/**
 * Removes a cache that no worker uses: first a record says so, then the files go, then the record.
 *
 * @returns `false` where another process has changed the cache meanwhile, or a container has its files mounted
 */
export async function removeCache(caches: Caches, seen: Cache, now: number): Promise<boolean> {
  const usedAt = topOf(seen)?.usedAt ?? now;
  const removal = await writeNext(caches, seen, nextRecord(seen, { holder: null, removal: true, usedAt }));
  if (!removal) return false;
  if (await caches.empty(seen.name)) {
    await caches.removeRecord(removal);
    return true;
  }
  const marked = await findCache(caches, seen.name);
  await writeNext(caches, marked, nextRecord(marked, { removal: false, usedAt }));
  return false;
}
