import type { Clock } from '../../clock.js';
import { type Labels, labelKeys, ownerOf } from '../../labels.js';
import type { ObjectStatus, OwnedObject } from '../backend.js';
import type { ContainerSummary, VolumeInspect } from './api-types.js';
import type { HttpClient } from './http-client.js';
import { graceSeconds, removeContainer, removeVolume } from './remove.js';

/** Everything with our labels, or all of one worker's: two calls. */
export async function listObjects(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const filters = JSON.stringify({ label: [worker === undefined ? labelKeys.worker : `${labelKeys.worker}=${worker}`] });
  const [containers, volumes] = await Promise.all([
    http.json<ContainerSummary[]>('GET', '/containers/json', { query: { all: true, filters }, signal, timeout: 60_000 }),
    http.json<{ Volumes: VolumeInspect[] | null }>('GET', '/volumes', { query: { filters }, signal, timeout: 60_000 }),
  ]);
  return [...containers.map(fromContainer), ...(volumes.Volumes ?? []).map(fromVolume)];
}

function fromContainer(summary: ContainerSummary): OwnedObject {
  const status = statusOf(summary.State);
  return {
    id: summary.Id,
    name: (summary.Names[0] ?? summary.Id).replace(/^\//, ''),
    type: 'docker_container',
    address: summary.Labels[labelKeys.address] ?? '',
    worker: ownerOf(summary.Labels)!,
    labels: summary.Labels,
    createdAt: summary.Created * 1000,
    status,
    exitCode: status === 'exited' ? Number(/^Exited \((\d+)\)/.exec(summary.Status)?.[1] ?? 0) : null,
  };
}

export function statusOf(state: ContainerSummary['State']): ObjectStatus {
  if (state === 'created') return 'created';
  return state === 'exited' || state === 'dead' || state === 'removing' ? 'exited' : 'running';
}

function fromVolume(volume: VolumeInspect): OwnedObject {
  const labels = volume.Labels ?? {};
  const isLease = labels[labelKeys.ends] !== undefined;
  return {
    id: volume.Name,
    name: volume.Name,
    type: isLease ? 'lease' : 'docker_volume',
    address: isLease ? '' : (labels[labelKeys.address] ?? ''),
    worker: ownerOf(labels)!,
    labels,
    createdAt: Date.parse(volume.CreatedAt),
    status: 'present',
    exitCode: null,
  };
}

/** Containers at once, then what they held, the lease last: as long as anything is left, what ends it is known. */
export async function endWorker(http: HttpClient, clock: Clock, worker: string, signal?: AbortSignal): Promise<void> {
  const objects = await listObjects(http, worker, signal);
  const of = (type: string) => objects.filter((object) => object.type === type);
  await all(of('docker_container'), ({ id }) => removeContainer(http, clock, id, graceSeconds, signal));
  await all(of('docker_volume'), ({ id }) => removeVolume(http, clock, id, signal));
  await all(of('lease'), ({ id }) => removeVolume(http, clock, id, signal));
}

/** Tries every one before it reports the first failure. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

const leaseNumber = /-lease-(\d+)$/;

/** A lease is an empty volume; a new one is written before the old ones go, the highest number counts. */
export async function writeLease(http: HttpClient, clock: Clock, worker: string, labels: Labels, ends: number): Promise<void> {
  const older = (await listObjects(http, worker)).filter(({ type }) => type === 'lease');
  const next = Math.max(0, ...older.map(({ name }) => Number(leaseNumber.exec(name)?.[1] ?? 0))) + 1;
  await http.json('POST', '/volumes/create', {
    body: { Name: `mayfly-${worker}-lease-${next}`, Driver: 'local', Labels: { ...labels, [labelKeys.ends]: String(ends) } },
  });
  await all(older, ({ id }) => removeVolume(http, clock, id));
}
