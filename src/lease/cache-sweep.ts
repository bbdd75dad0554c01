import type { Backend } from '../backends/ports/backend.js';
import type { Cache, CacheUse, Caches } from '../backends/ports/caches.js';
import type { Clock } from '../clock.js';
import { findCache, removeCache, removeSuperseded, writeNext } from './cache-records.js';
import { type CacheReason, isUsed, nextRecord, removalReason, topOf } from './cache-state.js';
import { nodeNow } from './node-now.js';

export interface SweptCache {
  cache: string;
  reason: CacheReason;
}

export interface CacheSweepOptions {
  backend: Pick<Backend, 'caches' | 'list' | 'clockSkew'>;
  clock: Clock;
  /** Measure sizes, which reads all files of the node's volumes. */
  measure: boolean;
  dryRun?: boolean;
  signal?: AbortSignal | undefined;
}

/** Frees caches whose writer has ended, and removes those that are due. @returns the removed ones, or with `dryRun` those that are due */
export async function sweepCaches({ backend, clock, measure, dryRun = false, signal }: CacheSweepOptions): Promise<SweptCache[]> {
  const { caches } = backend;
  const all = (await caches?.list(signal)) ?? [];
  if (!caches || all.length === 0) return [];
  const sizes = measure ? await caches.sizes(signal) : new Map<string, number>();
  const swept: SweptCache[] = [];
  for (const seen of all) {
    if (!dryRun) await removeSuperseded(caches, seen);
    // The objects are listed after the record: a use begins before its record.
    if (await isHeld(backend, seen)) continue;
    const now = await nodeNow(backend, clock);
    const cache = topOf(seen)?.holder && !dryRun ? await release(caches, seen, now) : seen;
    const reason = cache && removalReason(cache, { now, usedMB: sizes.get(seen.name) });
    if (reason && (dryRun || (await removeCache(caches, cache, now)))) swept.push({ cache: seen.name, reason });
  }
  return swept;
}

/** A volume of somebody else may have the name of the next record for ever. */
const releaseTries = 20;

/** Frees the caches that a worker wrote, after its end. Where a keeper does it at the same time, the records that it has not removed yet are removed. */
export async function releaseCaches(backend: CacheSweepOptions['backend'], worker: string, clock: Clock): Promise<void> {
  const { caches } = backend;
  for (const { name, records } of (await caches?.list()) ?? []) {
    if (records.some(({ holder }) => holder === worker)) await releaseCache(backend, caches!, { cache: name, worker }, clock);
  }
}

async function releaseCache(
  backend: CacheSweepOptions['backend'],
  caches: Caches,
  { cache, worker }: CacheUse,
  clock: Clock,
): Promise<void> {
  for (let attempt = 0; attempt < releaseTries; attempt += 1) {
    const seen = await findCache(caches, cache);
    await removeSuperseded(caches, seen);
    if (topOf(seen)?.holder !== worker || (await isHeld(backend, seen))) return;
    // Another process that wrote a record meanwhile is seen at the next look.
    if (await release(caches, seen, await nodeNow(backend, clock))) return;
  }
}

/** Whether a living worker writes the cache. */
async function isHeld(backend: CacheSweepOptions['backend'], cache: Cache): Promise<boolean> {
  const holder = topOf(cache)?.holder ?? null;
  return holder !== null && isUsed(cache.name, holder, await backend.list(holder));
}

/** Records the last use of a cache whose writer has ended. @returns the cache afterwards; `null` where another process changed it meanwhile */
async function release(caches: Caches, seen: Cache, now: number): Promise<Cache | null> {
  const freed = await writeNext(caches, seen, nextRecord(seen, { holder: null, usedAt: now }));
  return freed ? findCache(caches, seen.name) : null;
}
