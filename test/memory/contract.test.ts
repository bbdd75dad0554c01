import { text } from 'node:stream/consumers';
import { quietContext } from '../contract/context.js';
import { backendContract, type BackendSubject } from '../contract/backend.js';
import { detachedContract } from '../contract/detached.js';
import { type DriverSubject, driverContract } from '../contract/driver.js';
import { systemClock } from '../../src/clock.js';
import { type Labels, labelKeys } from '../../src/labels.js';
import type { Attributes } from '../../src/plan/resource-schema.js';
import { parseSpec } from '../../src/spec/parse.js';
import { memoryBackend } from './backend.js';
import { Connection } from './connection.js';
import { removeFiles } from './files.js';
import { Hand } from './hand.js';
import { containerType, objectName, volumeType } from './names.js';
import { MemoryNode } from './node.js';
import type { Programs } from './programs.js';

/** The commands of the contract, as a shell would run them. */
const programs: Programs = {
  true: () => 0,
  'sh -c exit 0': () => 0,
  'sh -c exit 3': () => 3,
  'sh -c exit 37': () => 37,
  'sh -c kill -KILL $$': () => 137,
  'sh -c sleep 1000': () => null,
  'sh -c echo "$OWN $GREETING"': ({ env, out }) => {
    out(`${env['OWN']} ${env['GREETING']}\n`);
    return 0;
  },
  'sh -c echo "$OWN$GREETING"': ({ env, out }) => {
    out(`${env['OWN'] ?? ''}${env['GREETING']}\n`);
    return 0;
  },
  'sh -c cat; echo "$GREETING" >&2': async ({ stdin, env, out, err }) => {
    out(await text(stdin!));
    err(`${env['GREETING']}\n`);
    return 0;
  },
  'sh -c i=0; while [ $i -lt 20000 ]; do echo "0123456789012345678901234567890123456789"; i=$((i+1)); done': ({ out }) => {
    for (let line = 0; line < 20_000; line += 1) out('0123456789012345678901234567890123456789\n');
    return 0;
  },
  'sh -c printf one; printf two >&2; printf three; exit 7': ({ out, err }) => {
    out('one');
    err('two');
    out('three');
    return 7;
  },
  'sh -c cat; echo "$GREETING $MORE"': async ({ stdin, env, out }) => {
    out(await text(stdin!));
    out(`${env['GREETING']} ${env['MORE']}\n`);
    return 0;
  },
  'sh -c printf once': ({ out }) => {
    out('once');
    return 0;
  },
  'sh -c i=0; while [ $i -lt 100 ]; do printf %0100d 7; i=$((i+1)); done; exit 4': ({ out }) => {
    out('0'.repeat(10_000));
    return 4;
  },
  'sh -c echo up; sleep 1000': ({ out }) => {
    out('up\n');
    return null;
  },
  'sh -c exit 7': () => 7,
  count: ({ out }) => {
    for (let line = 1; line <= 30; line += 1) out(`line ${line}\n`);
    return null;
  },
};

function open() {
  const node = new MemoryNode({ clock: systemClock, programs });
  const connection = new Connection(node, systemClock);
  return { node, hand: new Hand(node), backend: memoryBackend(connection) };
}

function labelsOf(worker: string, address: string): Labels {
  return { [labelKeys.worker]: worker, [labelKeys.lifetime]: '600', [labelKeys.address]: address };
}

function driverSubject(type: string, wanted: Attributes, update: (wanted: Attributes) => DriverSubject['update']): DriverSubject {
  const { node, hand, backend } = open();
  const address = `${type}.${String(wanted['name'])}`;
  const labels = labelsOf('one', address);
  const all = { worker: 'one', labels, ...wanted };
  return {
    ...{ driver: backend.drivers[type]!, address, wanted: all, labels, update: update(all) },
    plantForeign: async () => {
      const id = hand.plant(type, 'one', String(wanted['name']));
      const before = JSON.stringify(node.find(id));
      return { intact: async () => JSON.stringify(node.find(id)) === before };
    },
    labelsOf: async (id) => node.find(id)?.labels ?? null,
    close: async () => {},
  };
}

driverContract(volumeType, async () =>
  driverSubject(volumeType, { name: 'work' }, (wanted) => ({
    wanted: { ...wanted, labels: { ...(wanted['labels'] as Labels), [labelKeys.tags]: 'a,b' } },
    changes: [],
  })),
);

driverContract(containerType, async () =>
  driverSubject(
    containerType,
    {
      ...{ name: 'build', image: 'a', command: ['idle'], env: { A: 'b' }, memory: 64, port: 1, healthcheck: true, joins: null },
      ...{ mounts: { '/work': 'memory_volume-1' }, running: true },
    },
    (wanted) => ({
      wanted: { ...wanted, memory: 128 },
      changes: [{ path: 'memory', before: 64, after: 128, replaces: false, secret: false }],
    }),
  ),
);

const spec = {
  ...{ name: 'one', max_duration: 600, cpu: 500, memory: 256, storage: 100 },
  engine: { command: ['serve'] },
};

async function subject(): Promise<BackendSubject> {
  const { node, hand, backend } = open();
  const run = async (worker: string, name: string, more: Attributes, labels: Labels = {}) => {
    const driver = backend.drivers[containerType]!;
    const address = `${containerType}.${name}`;
    const wanted = { worker, name, command: ['idle'], env: {}, ...more, labels: { ...labelsOf(worker, address), ...labels } };
    const { id } = await driver.create(address, wanted, quietContext());
    await driver.start!(id, wanted, quietContext());
  };
  return {
    backend,
    fitting: parseSpec(JSON.stringify(spec), { file: 'one.json', env: {}, directory: '/' }).spec,
    workerName: (suffix) => `contract-${suffix}`,
    async make(worker, variables) {
      const keys = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`MAYFLY_${name.toUpperCase()}`, value]));
      const address = `${volumeType}.work`;
      const volume = { worker, name: 'work', labels: labelsOf(worker, address) };
      const { id } = await backend.drivers[volumeType]!.create(address, volume, quietContext());
      await run(worker, 'engine', { command: ['count'], env: { ...keys, GREETING: 'hello' }, mounts: { '/media/work': id } });
      await run(worker, 'build', { env: { GREETING: 'hello' } });
    },
    add: (worker, name, command, once) => run(worker, name, { command }, once ? { [labelKeys.once]: 'true' } : {}),
    async plantLookalike(worker) {
      const id = hand.plant(containerType, worker, 'not-of-mayfly');
      const before = JSON.stringify(node.find(id));
      return { intact: async () => JSON.stringify(node.find(objectName(worker, 'not-of-mayfly'))) === before };
    },
    async kill(worker, container) {
      hand.exit(worker, container, 137);
    },
    close: removeFiles,
  };
}

backendContract('memory', subject);
detachedContract('memory', subject);
