import { type Labels, labelKeys } from '../../labels.js';
import { isName } from '../../spec/names.js';
import { birthLabels } from './birth-labels.js';
import type { CacheRecord, CacheUse, UseTerms } from '../ports/caches.js';

/** Largest values that a record may have. */
const lastSecond = 253_402_300_799;
const mostKeep = 31_536_000;
const mostMegabytes = 10 ** 12;

/** The name of the cache in an object's labels; `null`: none. */
export function cacheIn(labels: Labels | null | undefined): string | null {
  const name = labels?.[labelKeys.cache];
  return name !== undefined && isName(name) ? name : null;
}

/** Parses a record's labels; `null` where one is missing or malformed. `number`: from the object's name. */
export function parseRecord(labels: Labels | null | undefined, number: number): CacheRecord | null {
  const cache = cacheIn(labels);
  const holder = labels?.[labelKeys.cacheHolder] ?? null;
  const usedAt = numberIn(labels, labelKeys.cacheUsed, lastSecond);
  const keep = numberIn(labels, labelKeys.cacheKeep, mostKeep);
  const sizeMB = numberIn(labels, labelKeys.cacheSize, mostMegabytes);
  if (cache === null || usedAt === null || keep === null || sizeMB === null || (holder !== null && !isName(holder))) return null;
  return { cache, number, holder, removal: labels?.[labelKeys.cacheRemoval] === 'true', usedAt: usedAt * 1000, keep, sizeMB };
}

export function recordLabels({ cache, holder, removal, usedAt, keep, sizeMB }: CacheRecord): Labels {
  return {
    [labelKeys.cache]: cache,
    ...(holder !== null && { [labelKeys.cacheHolder]: holder }),
    ...(removal && { [labelKeys.cacheRemoval]: 'true' }),
    [labelKeys.cacheUsed]: String(Math.floor(usedAt / 1000)),
    [labelKeys.cacheKeep]: String(Math.ceil(keep)),
    [labelKeys.cacheSize]: String(sizeMB),
  };
}

/** Labels of a worker's object that says that it uses a cache. */
export function useLabels({ cache, worker }: CacheUse, terms: UseTerms): Labels {
  return {
    [labelKeys.worker]: worker,
    [labelKeys.cache]: cache,
    [labelKeys.lifetime]: String(terms.lifetime),
    [labelKeys.maxLifetime]: String(terms.maxLifetime),
    ...(terms.runner !== '' && { [labelKeys.runner]: terms.runner }),
    ...birthLabels(terms.birth),
  };
}

function numberIn(labels: Labels | null | undefined, key: string, most: number): number | null {
  const text = labels?.[key] ?? '';
  return /^[1-9]\d{0,14}$/.test(text) && Number(text) <= most ? Number(text) : null;
}
