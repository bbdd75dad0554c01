import type { Clock } from '../../clock.js';
import type { Used } from '../ports/sizes.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { type Measured, usedBy } from '../shared/measured.js';
import type { SizedContainer, VolumeUsage } from './api-types.js';
import { diskUsage } from './disk-usage.js';
import { cacheOfVolume } from './names.js';
import type { HttpClient } from './http-client.js';
import { labelFilter, listVolumes } from './objects.js';
import { fromContainer } from './own-objects.js';

/** Milliseconds for the call: the daemon reads the size of every file in every container. */
const walkTimeout = 600_000;

/**
 * The sizes of volumes and containers. A container's size is that of its writable layer and of all volumes mounted in
 * it, its image's own volumes included. Caches do not count.
 */
export async function used(http: HttpClient, clock: Clock, worker?: string, signal?: AbortSignal): Promise<Used[]> {
  const query = { all: true, size: true, filters: labelFilter(worker) };
  const [containers, volumes, usage] = await Promise.all([
    http.json<SizedContainer[]>('GET', '/containers/json', { query, signal, deadline: walkTimeout, pool: 'reads' }),
    listVolumes(http, worker, signal),
    diskUsage(http, clock, signal),
  ]);
  return usedBy(measure(containers, volumes, usage), (type) => type === 'docker_volume');
}

export function measure(containers: readonly SizedContainer[], volumes: readonly OwnedObject[], { Volumes }: VolumeUsage): Measured[] {
  const sizes = new Map((Volumes ?? []).map(({ Name, UsageData }) => [Name, Math.max(0, UsageData?.Size ?? 0)]));
  const sizeOf = (name: string | undefined) => (cacheOfVolume(name ?? '') === null ? (sizes.get(name ?? '') ?? 0) : 0);
  return [
    // Leases and uses of caches have no address, and no files that count.
    ...volumes.filter(({ address }) => address !== '').map((object) => ({ object, bytes: sizeOf(object.id) })),
    ...containers.flatMap((container) => {
      const object = fromContainer(container);
      if (!object) return [];
      // A volume counts once, even if it is mounted at several places.
      const mounted = [...new Set((container.Mounts ?? []).map(({ Name }) => Name))];
      return { object, bytes: mounted.reduce((sum, name) => sum + sizeOf(name), container.SizeRw ?? 0) };
    }),
  ];
}
