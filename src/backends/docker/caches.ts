import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { type Labels, labelKeys } from '../../labels.js';
import { objectName } from './names.js';
import type { Cache, Caches } from '../ports/caches.js';
import { recordLabels, useLabels } from '../shared/cache-labels.js';
import type { ContainerInspect, VolumeInspect } from './api-types.js';
import { copyCache } from './cache-copy.js';
import { openDirectory } from './cache-owner.js';
import { cachesAmong, isCacheVolume, recordOf } from './cache-volumes.js';
import { diskUsage } from './disk-usage.js';
import { type HttpClient, isStatus } from './http-client.js';
import { cacheVolume, recordName, useName } from './names.js';
import { fromVolume } from './own-objects.js';
import { inspectVolume } from './remove.js';

const MiB = 2 ** 20;

/** Caches are volumes: one with the files, and an empty one for each record, because labels of a volume never change. */
export function cachesOn(http: HttpClient, clock: Clock): Caches {
  const create = (Name: string, labels: Labels) =>
    http.json<VolumeInspect>('POST', '/volumes/create', { body: { Name, Driver: 'local', Labels: labels } });
  /** @returns `false` where a container has the volume mounted */
  const remove = async (name: string): Promise<boolean> => {
    try {
      await http.text('DELETE', `/volumes/${name}`);
    } catch (error) {
      if (isStatus(error, 409)) return false;
      if (!isStatus(error, 404)) throw error;
    }
    return true;
  };

  return {
    async list(signal): Promise<Cache[]> {
      const query = { filters: JSON.stringify({ label: [labelKeys.cache] }) };
      const { Volumes } = await http.json<{ Volumes: VolumeInspect[] | null }>('GET', '/volumes', { query, signal });
      return cachesAmong(Volumes ?? []);
    },
    async write(record) {
      const writer = randomUUID();
      // The daemon returns an existing volume unchanged, with its own labels.
      const made = await create(recordName(record.cache, record.number), { ...recordLabels(record), [labelKeys.cacheWriter]: writer });
      return made.Labels?.[labelKeys.cacheWriter] === writer ? { cache: record.cache, number: record.number, id: writer } : null;
    },
    async removeRecord({ cache, number, id }) {
      const found = await inspectVolume(http, recordName(cache, number));
      if (found && recordOf(found)?.id === id) await remove(found.Name);
    },
    async make(cache) {
      const made = await create(cacheVolume(cache), { [labelKeys.cache]: cache });
      if (!isCacheVolume(made)) throw foreign(made.Name);
    },
    async empty(cache) {
      const found = await inspectVolume(http, cacheVolume(cache));
      return found && isCacheVolume(found) ? remove(found.Name) : true;
    },
    async sizes(signal) {
      const { Volumes } = await diskUsage(http, clock, signal);
      const sizes = new Map((Volumes ?? []).map(({ Name, UsageData }) => [Name, Math.max(0, UsageData?.Size ?? 0)]));
      return new Map((await this.list(signal)).map(({ name }) => [name, Math.ceil((sizes.get(cacheVolume(name)) ?? 0) / MiB)]));
    },
    async use(use, terms) {
      const made = await create(useName(use), useLabels(use, terms));
      if (fromVolume(made)?.cache !== use.cache) throw foreign(made.Name);
    },
    copy: (use, terms, signal) => copyCache(http, use, terms, signal),
    async own(worker, container, path) {
      const found = await http.json<ContainerInspect>('GET', `/containers/${objectName(worker, container)}/json`);
      await openDirectory(http, found, path);
    },
    placeOf: (use, copy) => (copy ? useName(use) : cacheVolume(use.cache)),
  };
}

function foreign(name: string): MayflyError {
  return new MayflyError('foreign_object', {
    place: { path: name },
    cause: 'a volume of this name exists and was not made by mayfly, or it lost its labels',
    remedy: `check its content, then remove it: docker volume rm ${name}`,
  });
}
