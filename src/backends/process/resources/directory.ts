import type { ResourceSchema } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Host } from '../host.js';
import { makeObject, objectPath, readObject, removeObject } from '../objects.js';
import { folders, type ObjectRecord } from '../record.js';
import { newRecord, provider, relabel } from './shared.js';

/** A volume: a directory of the worker. */
export const directorySchema: ResourceSchema = {
  type: 'mayfly_directory',
  version: 0,
  provider,
  attributes: {
    id: { type: 'string', computed: true },
    worker: { type: 'string', replaces: true },
    name: { type: 'string', replaces: true },
    labels: { type: { map: 'string' }, default: {} },
    /** Absolute path of its content. */
    path: { type: 'string', computed: true },
  },
};

export function directoryDriver(host: Host): Driver {
  const actual = (record: ObjectRecord): Actual => ({
    id: record.id,
    labels: record.labels,
    attributes: {
      id: record.id,
      worker: record.configuration['worker'] ?? null,
      name: record.configuration['name'] ?? null,
      labels: record.labels,
      path: `${objectPath(host, record.id)}/${folders.data}`,
    },
  });
  return {
    schema: directorySchema,
    async read(id) {
      const record = await readObject(host, id);
      return record?.type === 'mayfly_directory' ? actual(record) : null;
    },
    async create(address, wanted) {
      const record = newRecord(host, 'mayfly_directory', address, wanted, ['worker', 'name']);
      const made = await makeObject(host, record, (path) => host.system.makeDirectory(`${path}/${folders.data}`));
      return actual(made);
    },
    async update(id, wanted) {
      return actual(await relabel(host, id, wanted));
    },
    async delete(id) {
      await removeObject(host, id);
    },
  };
}
