import type { Backend } from '../backends/ports/backend.js';
import { sizesEvery } from '../backends/ports/sizes.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { sweepCaches } from './cache-sweep.js';
import type { Troubles } from './troubles.js';

export interface CacheWatchOptions {
  backend: Pick<Backend, 'name' | 'endpoint' | 'caches' | 'list' | 'clockSkew'>;
  clock: Clock;
  log: Log;
  troubles: Troubles;
  signal: AbortSignal;
}

/**
 * Returns a function to call after each look. It sweeps caches at the first call, and `sizesEvery` milliseconds after each sweep. The call
 * returns at once: a slow measurement must delay no deadline.
 */
export function cacheWatch(options: CacheWatchOptions): () => void {
  const { backend, clock, troubles } = options;
  let dueAt = -Infinity;
  const sweep = async () => {
    dueAt = Infinity;
    await sweepAndLog(options).catch((error: unknown) =>
      troubles.report(`caches ${backend.endpoint}`, { backend: backend.name }, 'cannot sweep caches', error),
    );
    dueAt = clock.now() + sizesEvery;
  };
  return () => {
    if (backend.caches && clock.now() >= dueAt) void sweep();
  };
}

/** Sweeps caches once and logs those that were removed. */
export async function sweepAndLog({ backend, clock, log, signal }: Omit<CacheWatchOptions, 'troubles'>): Promise<void> {
  for (const { cache, reason } of await sweepCaches({ backend, clock, measure: true, signal })) {
    log.info({ cache, backend: backend.name, reason }, 'removed a cache');
  }
}
