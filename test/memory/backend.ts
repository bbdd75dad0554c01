import { once } from 'node:events';
import type { Backend } from '../../src/backends/ports/backend.js';
import { connectTcp } from '../../src/backends/shared/connect-tcp.js';
import type { Variables } from '../../src/plan/stack.js';
import { engineName } from '../../src/spec/worker-spec.js';
import { cachesOn } from './caches.js';
import { memoryCapabilities } from './capabilities.js';
import type { Connection } from './connection.js';
import { containerDriver } from './drivers/container.js';
import { volumeDriver } from './drivers/volume.js';
import { endingOn } from './ending.js';
import { leasesOn } from './leases.js';
import { listOwned } from './list.js';
import { containerType, objectName, volumeType } from './names.js';
import type { MemoryObject } from './object.js';
import { makeOffer } from './offer.js';
import { readinessOn } from './readiness.js';
import { find, sessionsOn, writeLog } from './sessions.js';
import { sizesOn } from './sizes.js';
import { socketsOn } from './sockets.js';

/** Workers in the memory of the tests: a whole backend, with the real ones' ports and no waiting. */
export function memoryBackend(connection: Connection, name = 'memory', endpoint = 'memory:'): Backend {
  const { node, clock } = connection;
  return {
    ...{ name, endpoint, chosen: false, account: null, capabilities: memoryCapabilities },
    close: () => {},
    offer: (spec) =>
      connection.call('info', '', ({ has, resident, price }) =>
        makeOffer(spec, { name, endpoint, has, price, keeper: resident?.name ?? null }),
      ),
    list: (worker) => listOwned(connection, worker),
    clockSkew: async () => connection.skew ?? connection.call('time', '', () => node.now() - clock.now()),
    async changed(signal) {
      await connection.call('events', '', () => once(node, 'changed', { signal }), signal);
    },
    lookEvery: null,
    ...endingOn(connection),
    ...leasesOn(connection),
    drivers: { [volumeType]: volumeDriver(connection), [containerType]: containerDriver(connection) },
    prepare: () => Promise.resolve(),
    readiness: (worker, spec) => readinessOn(connection, worker, spec),
    recoverVariables: (worker) => recoverVariables(connection, worker),
    address: null,
    ownVariables: () => Promise.resolve({}),
    provider: null,
    sessions: sessionsOn(connection, name),
    logs: async (worker, container, options, streams, signal) =>
      writeLog(connection, await find(connection, name, worker, container), options, streams, signal),
    caches: cachesOn(connection),
    sizes: sizesOn(connection),
    memoryKills: { between: (worker, from, to) => killsBetween(connection, worker, from, to) },
    engineSockets: socketsOn(connection),
    connectTo: connectTcp,
  };
}

/** The worker's containers that lost a process to the kernel between two times of the client's clock. */
function killsBetween(connection: Connection, worker: string, from: number, to: number): Promise<string[]> {
  const { clock } = connection;
  return connection.call('kills', worker, (node) => {
    const skew = node.now() - clock.now();
    const hit = ({ run }: MemoryObject) => run?.kills.some((at) => at >= from + skew && at <= to + skew);
    return node.of(worker).flatMap((one) => (hit(one) ? [one.name.slice(worker.length + 1)] : []));
  });
}

/** The variables as the engine's environment has them. */
async function recoverVariables(connection: Connection, worker: string): Promise<Variables | null> {
  const name = objectName(worker, engineName);
  const engine = await connection.call('inspect', name, (node) => node.find(name));
  if (!engine) return null;
  const env = engine.configuration['env'] as Record<string, string>;
  const entries = ['remote_key', 'self_key', 'run_id', 'group_id'].map((key) => [key, env[`MAYFLY_${key.toUpperCase()}`] ?? '']);
  return Object.fromEntries(entries) as Variables;
}
