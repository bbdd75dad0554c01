import { enginePort } from '../../spec/melodium.js';
import { engineName, type HealthcheckSpec } from '../../spec/worker-spec.js';
import type { Readiness } from '../ports/readiness.js';
import { statusOf } from '../ports/container-state.js';
import { isOnce } from '../shared/own-labels.js';
import { describeUnhealthy, type Seen, settle } from '../shared/settle.js';
import type { ReadinessSpec } from '../ports/readiness.js';
import type { Checked, Healthchecks } from './health.js';
import type { Host } from './host.js';
import { listObjects, objectPath } from './objects.js';
import { foreignListener, listensOn, portsOf } from './ports.js';
import { findProcesses } from './processes.js';
import { type ObjectRecord, objectId, parseId } from './record.js';
import { type RunStatus, runStatus } from './run.js';
import { isShim } from './shim.js';

/** Milliseconds in which a running check is awaited, so that its result is part of this answer. */
const checkWithin = 200;

interface Running {
  name: string;
  record: ObjectRecord;
  run: RunStatus;
}

/** Readiness by the rule of `settle`: everything runs, the engine listens, and the healthchecks pass. */
export async function readiness(host: Host, checks: Healthchecks, worker: string, spec: ReadinessSpec): Promise<Readiness> {
  const records = (await listObjects(host, worker)).filter(({ type }) => type === 'mayfly_process');
  const all = await Promise.all(
    records.map(async (record): Promise<Running> => ({
      name: parseId(record.id)?.name ?? record.id,
      record,
      run: await runStatus(host, record.id),
    })),
  );
  if (!all.some(({ name }) => name === engineName))
    return { ready: false, waiting: [{ container: engineName, for: 'start' }], failed: null };
  const health = await look(checks, all);
  const seen = all.map((one) => see(host, one, health.get(one.name)));
  const engine = seen.find(({ container }) => container === engineName)!;
  const port = enginePort(spec);
  if (port !== null) await lookAtPort(host, worker, port, engine);
  return settle(seen, spec);
}

function see(host: Host, one: Running, check: Checked | undefined): Seen {
  const { name, record, run } = one;
  const once = isOnce(record.labels);
  const status = statusOf({ ...run, unhealthy: check?.health === 'unhealthy', once });
  const last = check?.last ?? null;
  const starts = status === 'created' || (status === 'running' && !hasBegun(host, one));
  const checks = check?.health === 'starting' ? `healthcheck${last === null ? '' : ` (${last})`}` : null;
  return {
    container: name,
    status,
    exitCode: run.exitCode,
    endedAt: run.endedAt,
    because: status === 'unhealthy' ? describeUnhealthy(check?.failures ?? 1, last) : null,
    waits: starts ? 'start' : status === 'running' && once ? 'its end' : checks,
  };
}

/** Checks the engine's port. Another program may have opened it since the start. */
async function lookAtPort(host: Host, worker: string, port: number, engine: Seen): Promise<void> {
  if (engine.status === 'created') return;
  const processes = await findProcesses(host, { worker });
  if (listensOn(host, port, processes)) return;
  if (foreignListener(host, port, processes)) {
    engine.status = 'exited';
    engine.because = `port ${port} is in use by another program`;
  } else if (engine.status === 'running') {
    const others = portsOf(host, processes);
    engine.waits ??= `port ${port} (${others.length === 0 ? 'nothing listens' : `open ports in the worker: ${others.join(', ')}`})`;
  }
}

/** Whether the shim has become the command. (A missing command ends the shim.) */
function hasBegun(host: Host, { record, run }: Running): boolean {
  return run.pid !== null && !isShim(host.system.readProc(`/proc/${run.pid}/cmdline`) ?? '', objectPath(host, record.id));
}

async function look(checks: Healthchecks, all: readonly Running[]): Promise<Map<string, Checked>> {
  const ask = () =>
    new Map(
      all.flatMap(({ name, record, run }): [string, Checked][] => {
        const check = healthcheckOf(record);
        if (!check || run.status !== 'running' || run.started === null) return [];
        return [[name, checks.look(record, check, run.started)]];
      }),
    );
  if ([...ask().values()].every(({ health }) => health !== 'starting')) return ask();
  await checks.settle(checkWithin);
  return ask();
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
