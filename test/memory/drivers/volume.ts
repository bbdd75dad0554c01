import type { Driver } from '../../../src/backends/ports/driver.js';
import type { ResourceSchema } from '../../../src/plan/resource-schema.js';
import type { Connection } from '../connection.js';
import { volumeType } from '../names.js';
import { driving, provider } from './shared.js';

const volumeSchema: ResourceSchema = {
  type: volumeType,
  version: 0,
  provider,
  attributes: {
    id: { type: 'string', computed: true },
    worker: { type: 'string', replaces: true },
    name: { type: 'string', replaces: true },
    labels: { type: { map: 'string' }, default: {} },
  },
};

export function volumeDriver(connection: Connection): Driver {
  const {
    result,
    change,
    read,
    create,
    delete: remove,
  } = driving(connection, volumeType, ({ id, labels, configuration }) => ({
    id,
    worker: configuration['worker'] ?? null,
    name: configuration['name'] ?? null,
    labels,
  }));
  return {
    schema: volumeSchema,
    read,
    create,
    update: async (id, wanted, _changes, context) => result(await change(id, wanted, context)),
    delete: remove,
  };
}
