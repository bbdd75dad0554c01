import type { Backend } from '../backends/ports/backend.js';
import type { Cache } from '../backends/ports/caches.js';
import { MayflyError } from '../errors.js';
import { removeCache } from '../lease/cache-records.js';
import { expiryOf, isUsed, topOf } from '../lease/cache-state.js';
import { nodeNow } from '../lease/node-now.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { reachableBackends, type Unreachable } from './locate.js';

/** A cache of a node. Times in milliseconds since the epoch, by our clock. */
export interface CacheSummary {
  name: string;
  backend: BackendName;
  usedMB: number;
  /** The size that it may have; `null`: its records are lost. */
  sizeMB: number | null;
  lastUse: number | null;
  /** When it is removed if no worker uses it; `null` while a worker writes it. */
  expires: number | null;
  /** The living worker that writes it. */
  writer: string | null;
}

/** All caches of the nodes that answer, by name. */
export async function listCaches(call: Call, only?: BackendName): Promise<{ caches: CacheSummary[]; unreachable: Unreachable[] }> {
  const { backends, unreachable } = await reachableBackends(call, only);
  const perBackend = await Promise.all(backends.map((backend) => cachesOf(call, backend)));
  return { caches: perBackend.flat().sort((a, b) => (a.name < b.name ? -1 : 1)), unreachable };
}

async function cachesOf(call: Call, backend: Backend): Promise<CacheSummary[]> {
  const { caches } = backend;
  const all = (await caches?.list()) ?? [];
  if (!caches || all.length === 0) return [];
  const sizes = await caches.sizes();
  const skew = await backend.clockSkew();
  return Promise.all(
    all.map(async (cache) => {
      const top = topOf(cache);
      const writer = await writerOf(backend, cache);
      return {
        ...{ name: cache.name, backend: backend.name, usedMB: sizes.get(cache.name) ?? 0, sizeMB: top?.sizeMB ?? null, writer },
        lastUse: writer !== null ? call.clock.now() : top && top.usedAt - skew,
        expires: writer !== null ? null : top && expiryOf(top) - skew,
      };
    }),
  );
}

/**
 * Removes a cache on each node that has it. @returns the nodes
 *
 * @throws MayflyError `cache_refused` where no node has it, or a worker or container uses it; on other nodes it is removed
 */
export async function removeCacheNamed(call: Call, name: string, only?: BackendName): Promise<BackendName[]> {
  const { backends, unreachable } = await reachableBackends(call, only);
  const missing = unreachable.find(({ inUse }) => inUse);
  if (missing) throw missing.error;
  const removed: BackendName[] = [];
  const refused: MayflyError[] = [];
  for (const backend of backends) {
    const { caches } = backend;
    const cache = (await caches?.list())?.find((one) => one.name === name);
    if (!caches || !cache) continue;
    const writer = await writerOf(backend, cache);
    if (writer !== null) refused.push(inUse(name, `the worker ${writer} uses it`, `end it first: mayfly destroy ${writer}`));
    else if (await removeCache(caches, cache, await nodeNow(backend, call.clock))) removed.push(backend.name);
    else refused.push(inUse(name, 'a container has it mounted, or another process changes it', 'run the same command again'));
  }
  if (refused[0]) throw refused[0];
  if (removed.length === 0) throw unknown(name);
  return removed;
}

async function writerOf(backend: Backend, cache: Cache): Promise<string | null> {
  const holder = topOf(cache)?.holder ?? null;
  return holder !== null && isUsed(cache.name, holder, await backend.list(holder)) ? holder : null;
}

function unknown(name: string): MayflyError {
  return new MayflyError('cache_refused', {
    place: { path: name },
    cause: 'no cache of this name exists',
    remedy: 'see `mayfly cache list`',
  });
}

function inUse(name: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('cache_refused', { place: { path: name }, cause: `the cache cannot be removed: ${cause}`, remedy });
}
