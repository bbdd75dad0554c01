import { labelKeys } from '../../labels.js';
import type { CacheUse, UseTerms } from '../ports/caches.js';
import { useLabels } from '../shared/cache-labels.js';
import type { ContainerInspect } from './api-types.js';
import { isCacheVolume } from './cache-volumes.js';
import { type HttpClient, isStatus } from './http-client.js';
import { cacheVolume, objectName, useName } from './names.js';
import { ownContainer } from './own-objects.js';
import { inspectVolume } from './remove.js';

const [from, to] = ['/from', '/to'];

/**
 * Copies the files of a cache into the volume of a worker. The daemon reads and writes volumes only through a container, so one is made, of any
 * image, and never started. It is an object of the worker, so it ends with the worker if this process is killed.
 */
export async function copyCache(http: HttpClient, use: CacheUse, terms: UseTerms, signal?: AbortSignal): Promise<void> {
  const files = await inspectVolume(http, cacheVolume(use.cache), signal);
  const [image] = await http.json<{ Id: string }[]>('GET', '/images/json', { signal });
  // The writer has not made the files yet, or no image was ever pulled: there is nothing to copy.
  if (!files || !isCacheVolume(files) || !image) return;
  const id = `cache_${use.cache}`;
  const name = objectName(use.worker, id);
  await removeOwn(http, name);
  const { [labelKeys.cache]: cache, ...labels } = useLabels(use, terms);
  const volume = (Source: string, Target: string, Labels: object) => ({
    ...{ Type: 'volume', Source, Target, ReadOnly: Target === from },
    VolumeOptions: { NoCopy: true, Labels },
  });
  const mounts = [volume(files.Name, from, { [labelKeys.cache]: cache }), volume(useName(use), to, useLabels(use, terms))];
  const body = {
    ...{ Image: image.Id, Cmd: ['true'], Labels: { ...labels, [labelKeys.address]: `docker_container.${id}` } },
    HostConfig: { NetworkMode: 'none', Mounts: mounts },
  };
  const { Id } = await http.json<{ Id: string }>('POST', '/containers/create', { query: { name }, body, signal });
  try {
    const tar = await http.stream('GET', `/containers/${Id}/archive`, { query: { path: `${from}/.` }, signal });
    const headers = { 'Content-Type': 'application/x-tar' };
    await http.text('PUT', `/containers/${Id}/archive`, { query: { path: to }, upload: tar, headers, signal });
  } finally {
    await http.text('DELETE', `/containers/${Id}`, { query: { force: true } });
  }
}

/** Removes the container that an interrupted copy has left. */
async function removeOwn(http: HttpClient, name: string): Promise<void> {
  try {
    const { Id, Config } = await http.json<ContainerInspect>('GET', `/containers/${name}/json`);
    if (ownContainer([name], Config.Labels)) await http.text('DELETE', `/containers/${Id}`, { query: { force: true } });
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
}
