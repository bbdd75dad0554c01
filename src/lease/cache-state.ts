import type { Cache, CacheRecord, WrittenRecord } from '../backends/ports/caches.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';

/** Decisions about caches. Pure. Times in milliseconds since the epoch, by the node's clock. */

/** Milliseconds after which a removal that was begun and not finished counts as given up. */
export const removalOverdue = 60_000;

/** Why a cache is removed. `lost`: its files have no record. `interrupted`: an earlier removal was not finished. */
export type CacheReason = 'expired' | 'outgrown' | 'lost' | 'interrupted';

/** The record that counts; `null`: the cache has none. */
export function topOf({ records }: Cache): WrittenRecord | null {
  return records.reduce<WrittenRecord | null>((top, one) => (top && top.number > one.number ? top : one), null);
}

/** The next record of a cache. */
export function nextRecord(cache: Cache, changes: Partial<CacheRecord> & Pick<CacheRecord, 'usedAt'>): CacheRecord {
  const { number, holder, removal, keep, sizeMB } = topOf(cache) ?? { number: 0, holder: null, removal: false, keep: 1, sizeMB: 1 };
  return { holder, removal, keep, sizeMB, ...changes, cache: cache.name, number: number + 1 };
}

export function expiryOf({ usedAt, keep }: CacheRecord): number {
  return usedAt + keep * 1000;
}

/** Whether a worker still uses a cache: its object for this use exists. */
export function isUsed(cache: string, worker: string, objects: readonly OwnedObject[]): boolean {
  return objects.some((object) => object.worker === worker && object.cache === cache);
}

export function isBeingRemoved(record: WrittenRecord | null, now: number): boolean {
  return record !== null && record.removal && now < record.createdAt + removalOverdue;
}

/** Why a cache that nobody uses must be removed; `null`: it stays. `usedMB`: its size, if it was measured. */
export function removalReason(cache: Cache, { now, usedMB }: { now: number; usedMB?: number | undefined }): CacheReason | null {
  const top = topOf(cache);
  if (!top) return 'lost';
  if (top.removal) return isBeingRemoved(top, now) ? null : 'interrupted';
  if (usedMB !== undefined && usedMB > top.sizeMB) return 'outgrown';
  return now >= expiryOf(top) ? 'expired' : null;
}
