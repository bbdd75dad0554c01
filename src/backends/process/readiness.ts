import { enginePort } from '../../spec/melodium.js';
import { engineName, type HealthcheckSpec, type WorkerSpec } from '../../spec/worker-spec.js';
import type { Readiness } from '../backend.js';
import type { Healthchecks } from './health.js';
import type { Host } from './host.js';
import { listObjects, objectPath } from './objects.js';
import { foreignListener, listensOn } from './ports.js';
import { findProcesses } from './processes.js';
import { type ObjectRecord, objectId, parseId } from './record.js';
import { type RunStatus, runStatus } from './run.js';
import { isShim } from './shim.js';

/** A check that answers within this is part of the same answer. Milliseconds. */
const checkWithin = 200;

interface Running {
  name: string;
  record: ObjectRecord;
  run: RunStatus;
}

/** Whether a worker can be used: everything runs, the engine listens, and the healthchecks pass. */
export async function readiness(host: Host, checks: Healthchecks, worker: string, spec: Pick<WorkerSpec, 'engine'>): Promise<Readiness> {
  const records = (await listObjects(host, worker)).filter(({ type }) => type === 'mayfly_process');
  const all = await Promise.all(
    records.map(async (record): Promise<Running> => ({
      name: parseId(record.id)?.name ?? record.id,
      record,
      run: await runStatus(host, record.id),
    })),
  );
  const port = enginePort(spec);
  const failed = await findFailure(host, worker, port, all);
  if (failed) return { ready: false, waiting: [], failed };
  const waiting = all.filter((one) => !hasBegun(host, one)).map(({ name }) => `${name}: start`);
  if (!all.some(({ name }) => name === engineName)) waiting.push(`${engineName}: start`);
  else if (port !== null && !listensOn(host, port, await findProcesses(host, { worker }))) waiting.push(`${engineName}: port ${port}`);
  const health = await look(checks, all);
  waiting.push(...health.filter(({ state }) => state === 'starting').map(({ name }) => `${name}: healthcheck`));
  const unhealthy = health.find(({ state }) => state === 'unhealthy');
  if (unhealthy) return { ready: false, waiting, failed: { container: unhealthy.name, reason: 'its healthcheck keeps failing' } };
  return { ready: waiting.length === 0, waiting, failed: null };
}

/** The shim has become the command; one that is not there ends it instead. */
function hasBegun(host: Host, { record, run }: Running): boolean {
  return run.pid !== null && !isShim(host.system.readProc(`/proc/${run.pid}/cmdline`) ?? '', objectPath(host, record.id));
}

async function look(checks: Healthchecks, all: readonly Running[]) {
  const ask = () =>
    all.flatMap(({ name, record, run }) => {
      const check = healthcheckOf(record);
      if (!check || run.status !== 'running' || run.started === null) return [];
      return [{ name, state: checks.look(record, check, run.started) }];
    });
  if (ask().every(({ state }) => state !== 'starting')) return ask();
  await checks.settle(checkWithin);
  return ask();
}

async function findFailure(host: Host, worker: string, port: number | null, all: readonly Running[]): Promise<Readiness['failed']> {
  const ended =
    all.find(({ name, run }) => name === engineName && run.status === 'exited') ?? all.find(({ run }) => run.status === 'exited');
  const engine = all.find(({ name }) => name === engineName);
  const begun = engine !== undefined && engine.run.status !== 'created';
  if (port !== null && begun && (!ended || ended === engine)) {
    const processes = await findProcesses(host, { worker });
    const taken = foreignListener(host, port, processes) && !listensOn(host, port, processes);
    if (taken) return { container: engineName, reason: `port ${port} is in use by another program` };
  }
  if (!ended) return null;
  const { exitCode } = ended.run;
  return { container: ended.name, reason: exitCode === null ? 'it was killed' : `it exited with code ${exitCode}` };
}

function healthcheckOf(record: ObjectRecord): HealthcheckSpec | null {
  const value = record.configuration['healthcheck'];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { command } = value;
  if (!Array.isArray(command)) return null;
  const seconds = (key: string, otherwise: number) => (typeof value[key] === 'number' ? value[key] : otherwise);
  return {
    command: command.filter((part) => typeof part === 'string'),
    interval: seconds('interval', 30),
    timeout: seconds('timeout', 30),
    retries: seconds('retries', 3),
    start_period: seconds('start_period', 0),
  };
}

export function engineId(worker: string): string {
  return objectId('mayfly_process', worker, engineName);
}
