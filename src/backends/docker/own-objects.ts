import { basename, isAbsolute, normalize } from 'node:path';
import { type Labels, labelKeys } from '../../labels.js';
import { execVolume, isOfSpec, leaseNumber, objectName, socketDirectory, useName } from './names.js';
import { engineName } from '../../spec/worker-spec.js';
import type { ObjectStatus, OwnedObject } from '../ports/owned-object.js';
import { statusOf } from '../ports/container-state.js';
import { containerNameOf } from '../ports/containers.js';
import { cacheIn } from '../shared/cache-labels.js';
import { type OwnLabels, parseLease, parseLoose, parseResource, partsOfAddress } from '../shared/own-labels.js';
import type { ContainerInspect, ContainerSummary, VolumeInspect } from './api-types.js';

/** Name of the keeper inside a daemon. Its label counts only with this name. */
export const keeperName = 'mayfly-keeper';

/**
 * Labels that an image must not give to a container of ours. A container inherits those labels of its image that its create call does not set,
 * so our create call sets these to empty values. The terraform applier sets only the labels of the stack. There, `exec` counts only with its
 * mount, `storage` can only end the worker that chose the image, and `once` can only hide the end of that worker's own service.
 */
export const blankLabels: Labels = { [labelKeys.exec]: '', [labelKeys.storage]: '', [labelKeys.keeper]: '', [labelKeys.once]: '' };

/** Labels that the helper objects of a worker have in common with its containers: a fresh container, the use of a cache. */
export const workersKeys = (['worker', 'lifetime', 'maxLifetime', 'runner', 'until', 'dispatcher', 'name'] as const).map(
  (key) => labelKeys[key],
);

/** Labels of a container of ours: they must name a worker and an address, and the container's name must be made of both. `null`: not ours. */
export function ownContainer(names: readonly string[], labels: Labels | null): OwnLabels | null {
  return ownNamed('docker_container', names, labels);
}

export function ownVolume(name: string, labels: Labels | null): OwnLabels | null {
  return ownNamed('docker_volume', [name], labels);
}

function ownNamed(type: string, names: readonly string[], labels: Labels | null): OwnLabels | null {
  const own = parseResource(labels);
  if (!own) return null;
  const address = partsOfAddress(own.address);
  return address.type === type && names.includes(objectName(own.worker, address.id)) ? own : null;
}

/** A container as an object of ours; `null`: not ours. */
export function fromContainer(summary: ContainerSummary): OwnedObject | null {
  const names = namesOf(summary);
  const own = ownContainer(names, summary.Labels);
  if (!own) return null;
  const status = objectStatusOf(summary.State);
  const exitCode = status === 'exited' ? exitCodeIn(summary.Status) : null;
  const look = { status, exitCode, paused: summary.State === 'paused', unhealthy: / \(unhealthy\)$/.test(summary.Status) };
  const container = { container: containerNameOf(own.address), status: statusOf({ ...look, once: own.once === true }), exitCode };
  return {
    id: summary.Id,
    name: objectName(own.worker, partsOfAddress(own.address).id),
    type: 'docker_container',
    address: own.address,
    worker: own.worker,
    labels: withExec(own, summary),
    createdAt: summary.Created * 1000,
    status,
    exitCode,
    ...(/ \(health: starting\)$/.test(summary.Status) && { starting: true }),
    containers: isOfSpec(container.container) ? [container] : [],
  };
}

/** A volume, a lease or the use of a cache as an object of ours; `null`: not ours. */
export function fromVolume(volume: VolumeInspect): OwnedObject | null {
  const { Name: name, Labels: labels } = volume;
  const common = { id: name, name, createdAt: Date.parse(volume.CreatedAt), status: 'present' as const, exitCode: null };
  const own = ownVolume(name, labels);
  if (own) return { ...common, type: 'docker_volume', address: own.address, worker: own.worker, labels: own };
  const [loose, lease, cache] = [parseLoose(labels), parseLease(labels), cacheIn(labels)];
  if (loose?.lifetime !== undefined && cache !== null && name === useName({ cache, worker: loose.worker })) {
    return { ...common, type: 'cache', address: '', worker: loose.worker, labels: loose, cache };
  }
  const number = loose && leaseNumber(loose.worker, name);
  if (!loose || !lease || number === null) return null;
  return { ...common, type: 'lease', address: '', worker: loose.worker, labels: loose, lease: { ...lease, number } };
}

export function objectStatusOf(state: ContainerSummary['State']): ObjectStatus {
  if (state === 'created') return 'created';
  return ended.has(state) ? 'exited' : 'running';
}

const ended: ReadonlySet<ContainerSummary['State']> = new Set(['exited', 'stopped', 'dead', 'removing']);

/** The exit code of an inspected container; `null`: it has not ended, or the daemon lost the code. */
export function exitCodeOf({ Status: status, ExitCode: code }: Pick<ContainerInspect['State'], 'Status' | 'ExitCode'>): number | null {
  return ended.has(status) && code >= 0 ? code : null;
}

/** The exit code in the status text of a list: `Exited (137) 2 seconds ago`; `null`: the text has none. */
function exitCodeIn(text: string): number | null {
  const code = /^Exited \((\d+)\)/.exec(text)?.[1];
  return code === undefined ? null : Number(code);
}

/** The container's names without slashes. A linked container has a second name: `other/alias`. */
export function namesOf({ Names }: Pick<ContainerSummary, 'Names'>): string[] {
  return (Names ?? []).map((name) => name.replace(/^\//, ''));
}

/** Whether a place is valid for an engine's socket: a directory named after its worker, or the worker's own volume for it. */
export function isExecPlace(worker: string, place: string): boolean {
  if (place === objectName(worker, execVolume)) return true;
  return isAbsolute(place) && normalize(place) === place && basename(place) === worker;
}

/** Keeps the `exec` label only on an engine that has this place mounted at the directory of its socket. */
function withExec(own: OwnLabels, { Labels: labels, Mounts }: ContainerSummary): OwnLabels {
  const place = labels[labelKeys.exec];
  if (!place || partsOfAddress(own.address).id !== engineName || !isExecPlace(own.worker, place)) return own;
  const isMounted = (Mounts ?? []).some(
    ({ Type, Name, Source, Destination }) => Destination === socketDirectory && (Type === 'volume' ? Name : Source) === place,
  );
  return isMounted ? { ...own, exec: place } : own;
}
