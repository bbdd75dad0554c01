import { labelKeys, type Labels } from '../../../src/labels.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { withoutUnknown } from '../../../src/apply/refresh.js';
import { normaliseBlock, wantedForCreate } from '../../../src/plan/diff.js';
import type { Attributes, Value } from '../../../src/plan/resource-schema.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import { api, images, must, removeObject, removeOwned } from '../../support/docker.js';
import type { BackendSubject } from '../../contract/backend.js';
import { quietContext } from '../../contract/context.js';
import type { DriverSubject } from '../../contract/driver.js';
import { uniqueName } from '../../support/temp-dir.js';
import { openDocker } from './support.js';
import { plainEngine } from '../../support/as-image.js';

type Type = 'docker_container' | 'docker_volume';

/** What each type is configured with beside its name and labels. */
const configured: Record<Type, Record<string, Value>> = {
  docker_volume: { driver: 'local', driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'size=8m' } },
  docker_container: {
    image: images.busybox,
    command: ['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"],
    cpus: '0.1',
    memory: 32,
    memory_swap: 32,
    env: ['B=two', 'A=one'],
    network_mode: 'mayfly',
    init: true,
    restart: 'no',
    must_run: true,
    destroy_grace_seconds: 10,
    security_opts: ['no-new-privileges:true'],
    log_driver: 'json-file',
    log_opts: { 'max-size': '10m', 'max-file': '3' },
    host: [{ host: 'db', ip: '127.0.0.1' }],
    healthcheck: [{ test: ['CMD', 'true'], interval: '1s', timeout: '1m30s', start_period: '500ms', retries: 3 }],
  },
};

export function labelsOf(worker: string, address: string): Labels {
  return { [labelKeys.worker]: worker, [labelKeys.lifetime]: '3600', [labelKeys.address]: address };
}

/** All attributes of a new object, in the state's form. */
export function wantedOf(backend: Backend, type: Type, worker: string, name: string, more: Record<string, Value> = {}): Attributes {
  const { schema } = backend.drivers[type]!;
  const labels = Object.entries(labelsOf(worker, `${type}.${name}`)).map(([label, value]) => ({ label, value }));
  const block = { ...configured[type], name: `mayfly-${worker}.${name}`, labels, ...more };
  return withoutUnknown(wantedForCreate(normaliseBlock(block, schema), schema));
}

/** What a daemon can't do, left out or said otherwise. */
export type Differences = Partial<Record<Type, Record<string, Value>>> & { updates?: false };

/** A driver on the daemon behind a socket, `undefined` being the real one's. */
export async function driverSubject(type: Type, socketPath?: string, differences: Differences = {}): Promise<DriverSubject> {
  const backend = openDocker(socketPath);
  await backend.prepare();
  const worker = uniqueName('d');
  const address = `${type}.subject`;
  const wanted = wantedOf(backend, type, worker, 'subject', differences[type]);
  const name = String(wanted['name']);
  const kind = type === 'docker_volume' ? 'volume' : 'container';
  const look = async () => {
    const { status, body } = await api<{ Labels?: Labels; Config?: { Labels: Labels } }>('GET', pathOf(kind, name), undefined, socketPath);
    return status === 404 ? null : body;
  };
  const changes = ['memory', 'memory_swap'].map((path) => ({ path, before: 32, after: 64, replaces: false, secret: false }));
  return {
    driver: backend.drivers[type]!,
    address,
    wanted,
    labels: labelsOf(worker, address),
    update:
      type === 'docker_volume' || differences.updates === false ? null : { wanted: { ...wanted, memory: 64, memory_swap: 64 }, changes },
    async plantForeign() {
      const body = kind === 'volume' ? { Name: name, Labels: { a: 'b' } } : { Image: images.busybox, Cmd: ['true'], Labels: { a: 'b' } };
      await must('POST', kind === 'volume' ? '/volumes/create' : `/containers/create?name=${name}`, body, socketPath);
      const planted = JSON.stringify(await look());
      return { intact: async () => JSON.stringify(await look()) === planted };
    },
    async labelsOf() {
      const found = await look();
      const labels = found && (found.Labels ?? found.Config?.Labels ?? {});
      // Less those that the image brings.
      return labels && Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('mayfly-test.')));
    },
    async close() {
      await removeObject({ kind, id: name }, socketPath);
      backend.close();
    },
  };
}

function pathOf(kind: 'container' | 'volume', name: string): string {
  return kind === 'volume' ? `/volumes/${name}` : `/containers/${name}/json`;
}

export const baseSpec: WorkerSpec = {
  name: 'contract',
  max_duration: 60,
  create_timeout: 60,
  cpu: 100,
  cpu_limit: null,
  ports: [],
  memory: 64,
  storage: 100,
  arch: null,
  backend: 'docker',
  engine: { ...plainEngine, image: images.busybox },
  melodium: null,
  volumes: [],
  caches: [],
  containers: [],
  service_containers: [],
  artifacts: [],
  collect_grace: 10,
  copy: [],
  retain: null,
  access: { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
  max_cost: null,
  tags: [],
  id: null,
  organization_id: null,
  parent_id: null,
  group_id: null,
  self_key: null,
};

const count = "i=1; while [ $i -le 30 ]; do echo line $i; i=$((i+1)); done; trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";

/** `backend` reaches the same daemon in another way. */
export async function backendSubject(
  socketPath?: string,
  differences: Differences = {},
  backend = openDocker(socketPath),
): Promise<BackendSubject> {
  await backend.prepare();
  const run = uniqueName('c');
  const make = async (type: Type, worker: string, name: string, more: Record<string, Value> = {}) => {
    const driver = backend.drivers[type]!;
    const wanted = wantedOf(backend, type, worker, name, { ...differences[type], ...more });
    const { id } = await driver.create(`${type}.${name}`, wanted, quietContext());
    await driver.start?.(id, wanted, quietContext());
    return id;
  };
  const planted: string[] = [];
  return {
    backend,
    fitting: baseSpec,
    workerName: (suffix) => `${run}-${suffix}`,
    async make(worker, variables) {
      const keys = Object.entries(variables).map(([name, value]) => `MAYFLY_${name.toUpperCase()}=${value}`);
      await make('docker_volume', worker, 'work');
      const engine = await make('docker_container', worker, 'engine', { command: ['sh', '-c', count], env: [...keys, 'GREETING=hello'] });
      await make('docker_container', worker, 'build', { env: ['GREETING=hello'], network_mode: `container:${engine}`, host: [] });
    },
    async add(worker, name, command, once) {
      const labels = { ...labelsOf(worker, `docker_container.${name}`), ...(once && { [labelKeys.once]: 'true' }) };
      await make('docker_container', worker, name, {
        command,
        network_mode: `container:mayfly-${worker}.engine`,
        host: [],
        healthcheck: [],
        labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
        ...(once && { must_run: false }),
      });
    },
    kill: (worker, container) => must('POST', `/containers/mayfly-${worker}.${container}/kill`, undefined, socketPath).then(() => {}),
    async plantLookalike(worker) {
      const id = `mayfly-${worker}.lookalike`;
      const labels = { 'dev.mayfly.worker2': worker, 'com.example.worker': worker };
      await must('POST', '/volumes/create', { Name: id, Labels: labels }, socketPath);
      planted.push(id);
      return { intact: async () => (await api('GET', `/volumes/${id}`, undefined, socketPath)).status === 200 };
    },
    async close() {
      for (const id of planted) await removeObject({ kind: 'volume', id }, socketPath);
      for (const suffix of ['one', 'two']) await removeOwned(`${run}-${suffix}`, socketPath);
      backend.close();
    },
  };
}
