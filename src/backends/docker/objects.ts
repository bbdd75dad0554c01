import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { labelKeys } from '../../labels.js';
import { lastLease, leaseName } from './names.js';
import { engineName, graceSeconds } from '../../spec/worker-spec.js';
import type { Removal } from '../ports/ending.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { type LeaseTerms, leaseLabels } from '../shared/own-labels.js';
import type { ContainerSummary, VolumeInspect } from './api-types.js';
import type { HttpClient } from './http-client.js';
import { fromContainer, fromVolume, keeperName, namesOf } from './own-objects.js';
import { removeContainer, removeVolume, stopContainer } from './remove.js';

/** Lists all objects of ours, or those of one worker, with two calls. */
export async function listObjects(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const [containers, volumes] = await Promise.all([listContainers(http, worker, signal), listVolumes(http, worker, signal)]);
  return [...containers, ...volumes];
}

export async function listContainers(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const query = { all: true, filters: labelFilter(worker) };
  const containers = await http.json<ContainerSummary[]>('GET', '/containers/json', { query, signal });
  return containers.flatMap((one) => fromContainer(one) ?? []);
}

/** Lists volumes, leases among them. */
export async function listVolumes(http: HttpClient, worker?: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const query = { filters: labelFilter(worker) };
  const { Volumes } = await http.json<{ Volumes: VolumeInspect[] | null }>('GET', '/volumes', { query, signal });
  return (Volumes ?? []).flatMap((one) => fromVolume(one) ?? []);
}

export function labelFilter(worker?: string): string {
  return JSON.stringify({ label: [worker === undefined ? labelKeys.worker : `${labelKeys.worker}=${worker}`] });
}

/** The name of a running keeper inside the daemon; `null` where none runs. */
export async function findKeeper(http: HttpClient): Promise<string | null> {
  return (await runningKeeper(http)) === null ? null : keeperName;
}

/** Whether a keeper runs inside the daemon that ends workers by their label `until`. Its container has the label of its image. */
export async function keeperObeysUntil(http: HttpClient): Promise<boolean> {
  const keeper = await runningKeeper(http);
  return keeper?.Labels[labelKeys.keeperObeys]?.split(' ').includes('until') ?? false;
}

/** Its name is checked too: an image may have the label. */
async function runningKeeper(http: HttpClient): Promise<ContainerSummary | null> {
  const query = { filters: JSON.stringify({ label: [labelKeys.keeper], status: ['running'] }) };
  const labelled = await http.json<ContainerSummary[]>('GET', '/containers/json', { query });
  return labelled.find((one) => namesOf(one).includes(keeperName)) ?? null;
}

/** Stops running containers. @returns `objects` with their new states */
export async function stopContainers(http: HttpClient, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<OwnedObject[]> {
  await all(objects.filter(isRunning), ({ id }) => stopContainer(http, id, graceSeconds, signal));
  return objects.map((object) => (isRunning(object) ? { ...object, status: 'exited' } : object));
}

function isRunning({ type, status }: OwnedObject): boolean {
  return type === 'docker_container' && status === 'running';
}

interface RemoveOptions {
  may: Removal['may'];
  signal?: AbortSignal | undefined;
}

/** Removes containers at the same time, then volumes, then the lease: so remaining objects always have an end. */
export async function removeObjects(
  http: HttpClient,
  clock: Clock,
  objects: readonly OwnedObject[],
  { may, signal }: RemoveOptions,
): Promise<void> {
  const of = (type: string) => objects.filter((object) => object.type === type);
  const container = async (object: OwnedObject) => {
    const grace = isRunning(object) ? graceSeconds : null;
    if (!may || (await may(object))) await removeContainer(http, clock, object.id, grace, signal);
  };
  const volume = async (object: OwnedObject) => {
    if (!may || (await may(object))) await removeVolume(http, clock, object, signal);
  };
  // Podman cannot remove a container whose network another one has joined.
  const last = http.podman ? of('docker_container').filter(({ address }) => address.endsWith(`.${engineName}`)) : [];
  if (last.length > 0) await stopContainers(http, objects, signal);
  await all(
    of('docker_container').filter((object) => !last.includes(object)),
    container,
  );
  await all(last, container);
  await all([...of('docker_volume'), ...of('cache')], volume);
  await all(of('lease'), volume);
}

/** Works on all items, then throws the first failure. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/**
 * Writes a lease: an empty volume with labels. The highest number counts. The new lease is written before older ones are removed.
 *
 * @throws MayflyError `lease_refused` where a volume that is not ours has the last number
 */
export async function writeLease(http: HttpClient, clock: Clock, worker: string, terms: LeaseTerms, ends: number): Promise<void> {
  const older = (await listVolumes(http, worker)).filter(({ type }) => type === 'lease');
  const Labels = leaseLabels(worker, terms, ends);
  for (let next = Math.max(0, ...older.map(({ lease }) => lease!.number)) + 1; ; next += 1) {
    if (next > lastLease) throw noNumberLeft(worker);
    const made = await http.json<VolumeInspect>('POST', '/volumes/create', {
      body: { Name: leaseName(worker, next), Driver: 'local', Labels },
    });
    // Docker returns an existing volume with its own labels: then the lease uses the next number.
    if (fromVolume(made)?.lease?.ends === ends) break;
  }
  await all(older, (lease) => removeVolume(http, clock, lease));
}

function noNumberLeft(worker: string): MayflyError {
  const name = leaseName(worker, lastLease);
  return new MayflyError('lease_refused', {
    place: { path: worker },
    cause: `its end cannot be moved: the volume ${name} has the last number of a lease, and mayfly did not create it`,
    remedy: `remove it (docker volume rm ${name}), then run the same command again`,
  });
}
