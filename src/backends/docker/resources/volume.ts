import type { Clock } from '../../../clock.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import { sortedSet } from '../../../plan/values.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { VolumeInspect } from '../api-types.js';
import type { HttpClient } from '../http-client.js';
import { inspectVolume, removeNamedVolume } from '../remove.js';
import { assertOurs, wantedLabels } from './ownership.js';
import { volumeSchema } from './schemas.js';

export function volumeDriver(http: HttpClient, clock: Clock): Driver {
  return {
    schema: volumeSchema,
    async read(id) {
      const found = await inspectVolume(http, id);
      return found && toActual(found);
    },
    async prepare(_address, wanted) {
      const name = String(wanted['name']);
      const existing = await this.read(name, {});
      if (existing) assertOurs('volume', name, wantedLabels(wanted), existing.labels);
    },
    async create(_address, wanted, { signal }) {
      const labels = wantedLabels(wanted);
      // The daemon returns an existing volume unchanged, with its own labels.
      const volume = await http.json<VolumeInspect>('POST', '/volumes/create', {
        body: { Name: wanted['name'], Driver: wanted['driver'] ?? 'local', DriverOpts: wanted['driver_opts'] ?? {}, Labels: labels },
        signal,
      });
      assertOurs('volume', volume.Name, labels, volume.Labels);
      return toActual(volume);
    },
    async update(id) {
      return (await this.read(id, {}))!;
    },
    async delete(id, known, { signal }) {
      const existing = await inspectVolume(http, id, signal);
      if (!existing) return;
      assertOurs('volume', id, wantedLabels(known), existing.Labels);
      await removeNamedVolume(http, clock, id, signal);
    },
  };
}

function toActual(volume: VolumeInspect): Actual {
  const labels = volume.Labels ?? {};
  const attributes: Attributes = {
    cluster: [],
    driver: volume.Driver,
    driver_opts: volume.Options && Object.keys(volume.Options).length > 0 ? volume.Options : null,
    id: volume.Name,
    labels: sortedSet(Object.entries(labels).map(([label, value]) => ({ label, value }))),
    mountpoint: volume.Mountpoint,
    name: volume.Name,
  };
  return { id: volume.Name, attributes, labels };
}
