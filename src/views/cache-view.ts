import type { CacheSummary } from '../worker/cache-list.js';
import { duration, megabytes, table } from './format.js';

/** Caches as a table. `now` in milliseconds since the epoch. */
export function cachesTable(caches: readonly CacheSummary[], now: number): string {
  const rows = caches.map(({ name, backend, usedMB, sizeMB, lastUse, expires, writer }) => [
    name,
    backend,
    sizeMB === null ? megabytes(usedMB) : `${megabytes(usedMB)} of ${megabytes(sizeMB)}`,
    writer !== null ? `by ${writer} now` : lastUse === null ? 'unknown' : `${duration((now - lastUse) / 1000)} ago`,
    writer !== null ? 'after its use' : expires === null || expires <= now ? 'now' : `in ${duration((expires - now) / 1000)}`,
  ]);
  return table([['CACHE', 'BACKEND', 'SIZE', 'USED', 'REMOVED'], ...rows]);
}

/** The same for programs. */
export function cachesDocument(caches: readonly CacheSummary[]): Record<string, unknown>[] {
  const time = (at: number | null) => at && new Date(at).toISOString();
  return caches.map(({ name, backend, usedMB, sizeMB, lastUse, expires, writer }) => ({
    ...{ name, backend, used_mb: usedMB, size_mb: sizeMB, last_use: time(lastUse), expires: time(expires), in_use_by: writer },
  }));
}
