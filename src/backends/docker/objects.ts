import type { Clock } from '../../clock.js';
import { type Labels, labelKeys, ownerOf } from '../../labels.js';
import { engineName } from '../../spec/worker-spec.js';
import type { ObjectStatus, OwnedObject } from '../backend.js';
import type { ContainerSummary, VolumeInspect } from './api-types.js';
import type { HttpClient } from './http-client.js';
import { graceSeconds, removeContainer, removeVolume, stopContainer } from './remove.js';

/** Everything with our labels, or all of one worker's: two calls. */
export async function listObjects(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const [containers, volumes] = await Promise.all([listContainers(http, worker, signal), listVolumes(http, worker, signal)]);
  return [...containers, ...volumes];
}

export async function listContainers(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const query = { all: true, filters: labelFilter(worker) };
  const containers = await http.json<ContainerSummary[]>('GET', '/containers/json', { query, signal });
  return containers.map(fromContainer);
}

/** Volumes and leases. */
export async function listVolumes(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const query = { filters: labelFilter(worker) };
  const { Volumes } = await http.json<{ Volumes: VolumeInspect[] | null }>('GET', '/volumes', { query, signal });
  return (Volumes ?? []).map(fromVolume);
}

export function labelFilter(worker?: string): string {
  return JSON.stringify({ label: [worker === undefined ? labelKeys.worker : `${labelKeys.worker}=${worker}`] });
}

export function fromContainer(summary: ContainerSummary): OwnedObject {
  const status = statusOf(summary.State);
  return {
    id: summary.Id,
    name: nameOf(summary),
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

/** The name of a running keeper inside the daemon; `null` when there is none. */
export async function findKeeper(http: HttpClient): Promise<string | null> {
  const query = { filters: JSON.stringify({ label: [labelKeys.keeper], status: ['running'] }) };
  const [keeper] = await http.json<ContainerSummary[]>('GET', '/containers/json', { query });
  return keeper ? nameOf(keeper) : null;
}

function nameOf({ Names, Id }: ContainerSummary): string {
  return (Names[0] ?? Id).replace(/^\//, '');
}

export async function stopContainers(http: HttpClient, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<void> {
  const running = objects.filter(({ type, status }) => type === 'docker_container' && status === 'running');
  await all(running, ({ id }) => stopContainer(http, id, graceSeconds, signal));
}

/** Containers at once, then what they held, the lease last: as long as anything is left, what ends it is known. */
export async function endObjects(http: HttpClient, clock: Clock, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<void> {
  const of = (type: string) => objects.filter((object) => object.type === type);
  const remove = ({ id, status }: OwnedObject) => removeContainer(http, clock, id, status === 'running' ? graceSeconds : null, signal);
  // Podman removes no container that another has joined.
  const last = http.podman ? of('docker_container').filter(({ address }) => address.endsWith(`.${engineName}`)) : [];
  if (last.length > 0) await stopContainers(http, objects, signal);
  await all(
    of('docker_container').filter((object) => !last.includes(object)),
    remove,
  );
  await all(last, remove);
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
  const older = (await listVolumes(http, worker)).filter(({ type }) => type === 'lease');
  const wanted = { ...labels, [labelKeys.worker]: worker, [labelKeys.ends]: String(ends) };
  const highest = Math.max(0, ...older.map(({ name }) => Number(leaseNumber.exec(name)?.[1] ?? 0)));
  for (let next = highest + 1; ; next += 1) {
    const Name = `mayfly-${worker}-lease-${next}`;
    const made = await http.json<VolumeInspect>('POST', '/volumes/create', { body: { Name, Driver: 'local', Labels: wanted } });
    // A volume that was there already comes back with its own labels: someone else's keeps its name, the lease takes the next.
    if (ownerOf(made.Labels) === worker && made.Labels?.[labelKeys.ends] === wanted[labelKeys.ends]) break;
  }
  await all(older, ({ id }) => removeVolume(http, clock, id));
}
