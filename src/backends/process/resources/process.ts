import { MayflyError } from '../../../errors.js';
import type { ResourceSchema, Value } from '../../../plan/resource-schema.js';
import { engineName } from '../../../spec/worker-spec.js';
import type { Actual, Driver } from '../../ports/driver.js';
import { endProcesses } from '../ending.js';
import { baseEnvironment, texts } from '../environment.js';
import type { Host } from '../host.js';
import { makeObject, readObject, removeObject } from '../objects.js';
import { folders, mountParts, type ObjectRecord, parseId } from '../record.js';
import { runStatus, startProcess } from '../run.js';
import { allowing } from '../system.js';
import { existing, newRecord, provider, relabel } from './shared.js';

/** Attributes of the configuration that the record stores. */
const configured = ['worker', 'name', 'command', 'env', 'memory', 'port', 'healthcheck', 'mounts', 'once', 'working_dir'] as const;

/** A command in its own session: the engine, an executor or a service. */
export const processSchema: ResourceSchema = {
  type: 'mayfly_process',
  version: 0,
  provider,
  attributes: {
    id: { type: 'string', computed: true },
    worker: { type: 'string', replaces: true },
    name: { type: 'string', replaces: true },
    command: { type: { list: 'string' }, replaces: true },
    env: { type: { map: 'string' }, default: {}, replaces: true, secret: true },
    /** MB of data that each of its processes may use; 0: no limit. */
    memory: { type: 'number', default: 0, replaces: true },
    port: { type: 'number', replaces: true },
    healthcheck: {
      type: {
        object: { command: { list: 'string' }, interval: 'number', timeout: 'number', retries: 'number', start_period: 'number' },
      },
      replaces: true,
    },
    /** Keys: mount points below the process's own directory. Values: directories that are linked there. */
    mounts: { type: { map: 'string' }, default: {}, replaces: true },
    /** The command is meant to end. */
    once: { type: 'bool', replaces: true },
    /** Absolute, below the process's own directory; made where it is missing. */
    working_dir: { type: 'string', replaces: true },
    labels: { type: { map: 'string' }, default: {} },
    pid: { type: 'number', computed: true, volatile: true },
    /** Time of its last start, ISO 8601. */
    started: { type: 'string', computed: true, volatile: true },
    /**
     * A stopped engine means an ended worker, so it is replaced; an executor is only started again. A process that was meant to end counts as
     * running.
     */
    running: { type: 'bool', default: true, replacesOurs: (prior) => prior['name'] === engineName && prior['started'] !== null },
  },
};

export function processDriver(host: Host): Driver {
  const look = (record: ObjectRecord) => actual(host, record);
  return {
    schema: processSchema,
    async read(id) {
      const record = await readObject(host, id);
      return record?.type === 'mayfly_process' ? look(record) : null;
    },
    async create(address, wanted) {
      const record = newRecord(host, 'mayfly_process', address, wanted, configured, baseEnvironment(host.env));
      // Processes may be left of an object whose directory was removed by hand.
      if (!(await readObject(host, record.id))) await endProcesses(host, { id: record.id });
      const made = await makeObject(host, record, (path) => furnish(host, path, texts(wanted['mounts']), wanted['working_dir']));
      return { ...(await look(made)), ...(made !== record && { found: true as const }) };
    },
    async start(id) {
      const record = await existing(host, id);
      await startProcess(host, record);
      return look(record);
    },
    async update(id, wanted) {
      const record = await relabel(host, id, wanted);
      if (wanted['running'] === false) await endProcesses(host, { id });
      else await startProcess(host, record);
      return look(record);
    },
    async delete(id) {
      if (!parseId(id)) return;
      await endProcesses(host, { id });
      await removeObject(host, id);
    },
  };
}

async function actual(host: Host, record: ObjectRecord): Promise<Actual> {
  const { status, pid, started } = await runStatus(host, record.id);
  const given = Object.fromEntries(configured.map((key) => [key, record.configuration[key] ?? null]));
  return {
    id: record.id,
    labels: record.labels,
    attributes: {
      ...given,
      id: record.id,
      env: given['env'] ?? {},
      memory: given['memory'] ?? 0,
      mounts: given['mounts'] ?? {},
      labels: record.labels,
      pid,
      started: started === null ? null : new Date(started).toISOString(),
      running: status === 'running' || (status === 'exited' && record.configuration['once'] === true),
    },
  };
}

/** Makes a process's directories: a home with links to its volumes at their mount points, its working directory, and one for temporary files. */
async function furnish(host: Host, path: string, mounts: Record<string, string>, workingDir: Value | undefined): Promise<void> {
  const { system } = host;
  await system.makeDirectory(`${path}/${folders.temporary}`);
  await system.makeDirectory(`${path}/${folders.home}`);
  for (const [mountPoint, target] of Object.entries(mounts)) {
    const parts = mountParts(mountPoint);
    if (!parts)
      throw new MayflyError('stack_invalid', { cause: `${mountPoint} is not a valid mount point: it must be absolute, and not / itself` });
    const parent = await makePath(host, `${path}/${folders.home}`, parts.slice(0, -1));
    await system.symlink(target, `${parent}/${parts.at(-1)}`);
  }
  if (typeof workingDir === 'string') await makePath(host, `${path}/${folders.home}`, mountParts(workingDir) ?? []);
}

/** Makes the directories that are missing. @returns the path of the last one */
async function makePath({ system }: Host, start: string, parts: readonly string[]): Promise<string> {
  let at = start;
  for (const part of parts) {
    at = `${at}/${part}`;
    await allowing(['EEXIST'], () => system.makeDirectory(at));
  }
  return at;
}
