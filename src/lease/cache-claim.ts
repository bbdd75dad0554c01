import type { Backend } from '../backends/ports/backend.js';
import type { CacheUse, Caches, UseTerms } from '../backends/ports/caches.js';
import type { Clock } from '../clock.js';
import type { CacheSpec } from '../spec/worker-spec.js';
import { findCache, writeNext } from './cache-records.js';
import { isBeingRemoved, isUsed, nextRecord, topOf } from './cache-state.js';
import { nodeNow } from './node-now.js';

/** Tries to write the record of a claim, and milliseconds between two tries while the cache is being removed. */
const tries = 20;
const pause = 250;

export interface Claim {
  /** The worker gets a copy, which ends with it. Otherwise it writes the cache itself. */
  copy: boolean;
  /** The worker that writes the cache instead; `null`: none, the cache is being removed. */
  holder: string | null;
}

export interface ClaimOptions {
  backend: Pick<Backend, 'list' | 'clockSkew'>;
  caches: Caches;
  clock: Clock;
  signal?: AbortSignal;
}

/** Returns the result that a claim would have now. `uses`: whether the worker uses it already. Changes nothing. */
export async function expectClaim({ backend, caches, signal }: ClaimOptions, { cache, worker }: CacheUse, uses: boolean): Promise<Claim> {
  const top = topOf(await findCache(caches, cache, signal));
  if (top?.holder === worker) return { copy: false, holder: worker };
  const holder = top && top.holder !== null && isUsed(cache, top.holder, await backend.list(top.holder)) ? top.holder : null;
  return { copy: holder !== null || uses, holder };
}

/**
 * Claims a cache for a worker: it becomes the writer, unless another living worker is. The worker's object for this use comes first, so that a
 * record that names a worker without one is of a worker that has ended.
 */
export async function claimCache(options: ClaimOptions, spec: CacheSpec, worker: string, terms: UseTerms): Promise<Claim> {
  const { backend, caches, clock, signal } = options;
  const use = { cache: spec.name, worker };
  await caches.use(use, terms);
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const seen = await findCache(caches, spec.name, signal);
    const top = topOf(seen);
    const now = await nodeNow(backend, clock);
    if (isBeingRemoved(top, now)) {
      await clock.sleep(pause, signal);
      continue;
    }
    const holder = top?.holder ?? null;
    if (holder !== null && holder !== worker && isUsed(spec.name, holder, await backend.list(holder))) return { copy: true, holder };
    const record = nextRecord(seen, { holder: worker, removal: false, usedAt: now, keep: spec.keep, sizeMB: spec.size });
    if (holder === worker || (await writeNext(caches, seen, record))) {
      await caches.make(spec.name);
      return { copy: false, holder: worker };
    }
  }
  return { copy: true, holder: null };
}
