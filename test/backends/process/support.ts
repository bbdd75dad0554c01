import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { type ProcessBackendOptions, processBackend } from '../../../src/backends/process/index.js';
import { type Clock, systemClock } from '../../../src/clock.js';
import { type Labels, labelKeys } from '../../../src/labels.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import { quietContext } from '../../contract/context.js';
import { removeWhole } from '../../support/whole.js';
import { asImage } from '../../support/as-image.js';

/** A backend over a root of its own. */
export interface Place {
  root: string;
  backend: Backend;
  /** Ends all that is in it, and removes it. */
  close(): Promise<void>;
}

export function openPlace(options: Partial<ProcessBackendOptions> = {}): Place {
  const root = options.root ?? realpathSync(mkdtempSync(join(tmpdir(), 'mayfly-test-')));
  const backend = processBackend({ clock: systemClock, ...options, root });
  return {
    root,
    backend,
    async close() {
      const own = processBackend({ root, clock: systemClock });
      const workers = new Set((await own.list().catch(() => [])).map(({ worker }) => worker));
      for (const worker of workers) await removeWhole(own, worker);
      backend.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A clock on which time goes so many times faster. */
export function fasterClock(times: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * times,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}

export function labelsOf(worker: string, address: string): Labels {
  return { [labelKeys.worker]: worker, [labelKeys.lifetime]: '600', [labelKeys.address]: address };
}

/** What an object's record says, `null` when it is gone. */
export async function recordedLabels(root: string, id: string): Promise<Labels | null> {
  const text = await readFile(join(root, id, 'record.json'), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as { labels: Labels }).labels;
}

export function directoryAttributes(worker: string, name: string): Attributes {
  return { worker, name, labels: labelsOf(worker, `mayfly_directory.${name}`) };
}

/** As the stack gives them; `over` says what differs. */
export function processAttributes(worker: string, name: string, over: Attributes = {}): Attributes {
  return {
    worker,
    name,
    command: ['sleep', '1000'],
    env: {},
    memory: 256,
    port: null,
    healthcheck: null,
    mounts: {},
    running: true,
    labels: labelsOf(worker, `mayfly_process.${name}`),
    ...over,
  };
}

/** Makes and starts one process. */
export async function run(backend: Backend, worker: string, name: string, over: Attributes = {}) {
  const driver = backend.drivers['mayfly_process'];
  if (!driver?.start) throw new Error('no driver');
  const wanted = processAttributes(worker, name, over);
  const { id } = await driver.create(`mayfly_process.${name}`, wanted, quietContext());
  return driver.start(id, wanted, quietContext());
}

export async function makeVolume(backend: Backend, worker: string, name: string) {
  const driver = backend.drivers['mayfly_directory'];
  if (!driver) throw new Error('no driver');
  return driver.create(`mayfly_directory.${name}`, directoryAttributes(worker, name), quietContext());
}

/** A worker of three resources, with its lease; what is there already stays. */
export async function makeWorker(backend: Backend): Promise<void> {
  const { attributes } = await makeVolume(backend, 'one', 'work');
  const mounts = { '/media/work': attributes['path'] ?? null };
  await run(backend, 'one', 'engine', { mounts });
  await run(backend, 'one', 'build', { mounts, command: ['sh', '-c', 'sleep 1000 & wait'] });
  await backend.writeLease('one', {}, 2_000_000_000);
}

export const spec: WorkerSpec = {
  name: 'one',
  max_duration: 600,
  create_timeout: 60,
  cpu: 500,
  cpu_limit: null,
  ports: [],
  memory: 256,
  storage: 100,
  arch: null,
  backend: null,
  engine: {
    image: null,
    command: ['sleep', '1000'],
    env: {},
    port: null,
    healthcheck: null,
    exec: false,
    ...asImage,
    secret_env: [],
    pull_secret: null,
  },
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

/** A directory that somebody else keeps under a name of ours. */
export async function plantForeign(path: string): Promise<{ intact(): Promise<boolean> }> {
  await mkdir(join(path, 'data'), { recursive: true });
  await writeFile(join(path, 'data', 'thesis.txt'), 'years of work');
  const before = await stat(path);
  return {
    async intact() {
      const after = await stat(path).catch(() => null);
      const text = await readFile(join(path, 'data', 'thesis.txt'), 'utf8').catch(() => null);
      return after?.ino === before.ino && after.mtimeMs === before.mtimeMs && text === 'years of work';
    },
  };
}

/** Pids of living processes that have this text in their environment. */
export function processesWith(text: string): number[] {
  const look = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => look(`/proc/${name}/environ`).includes(text) && !/\) [ZX] /.test(look(`/proc/${name}/stat`)))
    .map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** All paths below a directory, links not followed. */
export function treeOf(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
