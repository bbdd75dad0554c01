import { labelKeys } from '../../labels.js';
import type { OwnLabels } from '../shared/own-labels.js';
import type { ContainerReport } from '../ports/ending.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { labelNames, labelsFromEnvironment } from './environment.js';
import type { Host } from './host.js';
import { listLeases } from './leases.js';
import { listLeftovers } from './leftovers.js';
import { lastLines } from './log-file.js';
import { listObjects, listWorkers, objectPath } from './objects.js';
import { bootTime, ticksPerSecond } from '../../proc.js';
import { findLabelled, idOf } from './processes.js';
import { files, labelsAt, type ObjectRecord, parseId } from './record.js';
import { runStatus } from './run.js';

/** Lists all objects of ours, or of one worker: recorded objects, processes without a record, leftovers and leases. */
export async function listOwned(host: Host, worker?: string): Promise<OwnedObject[]> {
  const records = await listObjects(host, worker);
  const objects = await Promise.all(records.map((record) => owned(host, record, labelsAt(record.labels, record.id)!)));
  const recorded = new Set(records.map(({ id }) => id));
  const strays = (await listStrays(host)).filter((one) => !recorded.has(one.id) && (worker === undefined || one.worker === worker));
  const workers = worker === undefined ? await listWorkers(host) : [worker];
  const leases = await Promise.all(workers.map((one) => listLeases(host, one)));
  const leftovers = await Promise.all(workers.map((one) => listLeftovers(host, one)));
  return [...objects, ...strays, ...leftovers.flat(), ...leases.flat()];
}

async function owned(host: Host, record: ObjectRecord, labels: OwnLabels): Promise<OwnedObject> {
  const run = record.type === 'mayfly_process' ? await runStatus(host, record.id) : null;
  return {
    id: record.id,
    name: record.id,
    type: record.type,
    address: labels.address,
    worker: labels.worker,
    labels,
    createdAt: record.createdAt,
    status: run?.status ?? 'present',
    exitCode: run?.exitCode ?? null,
  };
}

/** Lists running processes whose object directory was removed. Their environment contains their labels. */
async function listStrays(host: Host): Promise<OwnedObject[]> {
  const strays = new Map<string, OwnedObject>();
  const boot = bootTime(host.system.readProc('/proc/stat') ?? '') ?? 0;
  for (const { stat, environ } of await findLabelled(host)) {
    const id = idOf(host, environ[labelNames.object]) ?? '';
    const createdAt = boot + (stat.start * 1000) / ticksPerSecond;
    const labels = labelsAt({ ...labelsFromEnvironment(environ), [labelKeys.worker]: parseId(id)?.worker ?? '' }, id);
    if (!labels) continue;
    const stray = strayObject(id, labels, createdAt);
    if ((strays.get(id)?.createdAt ?? Infinity) > createdAt) strays.set(id, stray);
  }
  return [...strays.values()];
}

function strayObject(id: string, labels: OwnLabels, createdAt: number): OwnedObject {
  const { worker, address } = labels;
  return { id, name: id, type: 'mayfly_process', address, worker, labels, createdAt, status: 'running', exitCode: null };
}

/** Reports each process of a worker with its last lines. `outOfMemory` is always false: the backend cannot detect it. */
export async function reportOn(host: Host, worker: string, known: readonly OwnedObject[] = []): Promise<ContainerReport[]> {
  const records = (await listObjects(host, worker)).filter(({ type }) => type === 'mayfly_process');
  return Promise.all(
    records.map(async ({ id }) => {
      const ran = known.some((object) => object.id === id && object.status === 'running');
      const { status, exitCode } = ran ? { status: 'running' as const, exitCode: null } : await runStatus(host, id);
      const lines = await lastLines(host, `${objectPath(host, id)}/${files.log}`, 20);
      return { container: parseId(id)?.name ?? id, status, exitCode, outOfMemory: false, lastLines: lines };
    }),
  );
}
