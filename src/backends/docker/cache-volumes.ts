import type { Cache, WrittenRecord } from '../ports/caches.js';
import { labelKeys } from '../../labels.js';
import { cacheIn, parseRecord } from '../shared/cache-labels.js';
import type { VolumeInspect } from './api-types.js';
import { cacheVolume, recordNumber } from './names.js';

/** Caches among volumes. A volume whose labels do not parse, or whose name is not the one made of them, is not ours. */
export function cachesAmong(volumes: readonly VolumeInspect[]): Cache[] {
  const found = new Map<string, WrittenRecord[]>();
  for (const volume of volumes) {
    const cache = cacheIn(volume.Labels);
    if (cache === null) continue;
    const record = recordOf(volume);
    if (record) found.set(cache, [...(found.get(cache) ?? []), record]);
    else if (isCacheVolume(volume)) found.set(cache, found.get(cache) ?? []);
  }
  return [...found].map(([name, records]) => ({ name, records: records.toSorted((a, b) => a.number - b.number) }));
}

/** The record that a volume is; `null`: it is none of ours. */
export function recordOf({ Name, Labels, CreatedAt }: VolumeInspect): WrittenRecord | null {
  const cache = cacheIn(Labels);
  const number = cache === null ? null : recordNumber(cache, Name);
  const record = number === null ? null : parseRecord(Labels, number);
  return record && { ...record, id: Labels?.[labelKeys.cacheWriter] ?? CreatedAt, createdAt: Date.parse(CreatedAt) };
}

/** Whether a volume has the files of a cache. */
export function isCacheVolume({ Name, Labels }: VolumeInspect): boolean {
  const cache = cacheIn(Labels);
  return cache !== null && Name === cacheVolume(cache);
}
