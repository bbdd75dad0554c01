import type { Driver } from '../../../src/backends/ports/driver.js';
import { isOnce } from '../../../src/backends/shared/own-labels.js';
import type { ResourceSchema } from '../../../src/plan/resource-schema.js';
import { engineName } from '../../../src/spec/worker-spec.js';
import type { Connection } from '../connection.js';
import { containerType } from '../names.js';
import { driving, provider } from './shared.js';

const containerSchema: ResourceSchema = {
  type: containerType,
  version: 0,
  provider,
  attributes: {
    id: { type: 'string', computed: true },
    worker: { type: 'string', replaces: true },
    name: { type: 'string', replaces: true },
    image: { type: 'string', replaces: true },
    command: { type: { list: 'string' }, replaces: true },
    env: { type: { map: 'string' }, default: {}, replaces: true, secret: true },
    /** MB; changed in place. */
    memory: { type: 'number', default: 0 },
    port: { type: 'number', replaces: true },
    healthcheck: { type: 'bool', default: false, replaces: true },
    /** The container whose network it joins, by id. */
    joins: { type: 'string', replaces: true },
    /** From the mount point to the volume's id. */
    mounts: { type: { map: 'string' }, default: {}, replaces: true },
    labels: { type: { map: 'string' }, default: {} },
    /** An engine that ended makes another worker; an executor is started again. One that was to end counts as running. */
    running: { type: 'bool', default: true, replacesOurs: (prior) => prior['name'] === engineName && prior['started'] === true },
    started: { type: 'bool', computed: true, volatile: true },
  },
};

const configured = ['worker', 'name', 'image', 'command', 'port', 'joins'] as const;

export function containerDriver(connection: Connection): Driver {
  const {
    result,
    change,
    read,
    create,
    delete: remove,
  } = driving(connection, containerType, ({ id, labels, configuration, run }) => ({
    id,
    ...Object.fromEntries(configured.map((key) => [key, configuration[key] ?? null])),
    env: configuration['env'] ?? {},
    memory: configuration['memory'] ?? 0,
    healthcheck: configuration['healthcheck'] ?? false,
    mounts: configuration['mounts'] ?? {},
    labels,
    running: run?.status === 'running' || (run?.status === 'exited' && isOnce(labels)),
    started: run !== null && run.status !== 'created',
  }));
  const start: NonNullable<Driver['start']> = async (id, _wanted, { signal }) =>
    result(await connection.call('start', id, (node) => node.start(id), signal));
  return {
    schema: containerSchema,
    read,
    create,
    start,
    async update(id, wanted, _changes, context) {
      await change(id, wanted, context);
      if (wanted['running'] !== false) return start(id, wanted, context);
      return result(
        await connection.call('signal', id, (node) => {
          node.signal(id, 'KILL');
          return node.find(id)!;
        }),
      );
    },
    delete: remove,
  };
}
