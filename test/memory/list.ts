import { engineName } from '../../src/spec/worker-spec.js';
import { containerNameOf } from '../../src/backends/ports/containers.js';
import { statusOf } from '../../src/backends/ports/container-state.js';
import type { ContainerReport } from '../../src/backends/ports/ending.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { cacheIn } from '../../src/backends/shared/cache-labels.js';
import { parseLease, parseLoose, parseResource, partsOfAddress } from '../../src/backends/shared/own-labels.js';
import { labelKeys } from '../../src/labels.js';
import type { Connection } from './connection.js';
import { cacheUseName, containerType, leaseType, objectName, useType } from './names.js';
import type { MemoryObject } from './object.js';

/** Lines of a log that a report keeps. */
const reportLines = 20;

/** Our objects by their labels. An object whose labels do not parse, or whose name is not the one made of them, is not ours. */
export async function listOwned(connection: Connection, worker?: string): Promise<OwnedObject[]> {
  const lag = connection.faults.lag;
  const asked = ({ labels }: MemoryObject) => worker === undefined || labels[labelKeys.worker] === worker;
  return connection.call('list', worker ?? '', (node) =>
    node.list(node.now() - lag).flatMap((one) => (asked(one) ? (owned(one) ?? []) : [])),
  );
}

/** The copy of a moment: what happens to the object later does not show in it. */
function owned(object: MemoryObject): OwnedObject | null {
  const common = { id: object.id, name: object.name, type: object.type, createdAt: object.createdAt };
  if (object.type === useType) return ownedUse(object, common);
  return object.type === leaseType ? ownedLease(object, common) : ownedResource(object, common);
}

type Common = Pick<OwnedObject, 'id' | 'name' | 'type' | 'createdAt'>;

function ownedUse({ name, labels: raw }: MemoryObject, common: Common): OwnedObject | null {
  const [labels, cache] = [parseLoose(raw), cacheIn(raw)];
  if (labels?.lifetime === undefined || cache === null || name !== cacheUseName({ cache, worker: labels.worker })) return null;
  return { ...common, address: '', worker: labels.worker, labels, cache, status: 'present', exitCode: null };
}

function ownedLease({ name, labels: raw }: MemoryObject, common: Common): OwnedObject | null {
  const [labels, lease] = [parseLoose(raw), parseLease(raw)];
  const number = /\/lease-([1-9]\d{0,5})$/.exec(name)?.[1];
  if (!labels || !lease || number === undefined || name !== objectName(labels.worker, `lease-${number}`)) return null;
  const { worker } = labels;
  return { ...common, address: '', worker, labels, lease: { ...lease, number: Number(number) }, status: 'present', exitCode: null };
}

function ownedResource({ name, labels: raw, type, run, configuration }: MemoryObject, common: Common): OwnedObject | null {
  const labels = parseResource(raw);
  if (!labels || name !== objectName(labels.worker, partsOfAddress(labels.address).id)) return null;
  const { worker, address } = labels;
  if (partsOfAddress(address).type !== type) return null;
  const exec = raw[labelKeys.exec];
  const own = { ...common, address, worker, labels: { ...labels, ...(exec !== undefined && { exec }) } };
  if (!run) return { ...own, status: 'present', exitCode: null };
  const { status, exitCode, paused, health } = run;
  const look = { status, exitCode, paused, unhealthy: health === 'unhealthy', once: labels.once === true };
  const container = { container: containerNameOf(address), status: statusOf(look), exitCode };
  // No name in a spec has an underscore: it is a fresh container.
  const starting = status === 'running' && health === 'starting' && configuration['healthcheck'] === true;
  return { ...own, status, exitCode, ...(starting && { starting }), containers: container.container.includes('_') ? [] : [container] };
}

/** Exit codes and last lines. A container that runs in `known` is reported as running. */
export async function reportOn(connection: Connection, worker: string, known?: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const isContainer = ({ type, containers }: OwnedObject) => type === containerType && containers?.length !== 0;
  const objects = (known ?? (await listOwned(connection, worker))).filter(isContainer);
  const reports = objects.map(async (seen): Promise<ContainerReport[]> => {
    const object = await connection.call('logs', seen.name, (node) => node.find(seen.id));
    if (!object?.run) return [];
    const { run } = object;
    const { status, exitCode } = seen.status === 'running' && known ? seen : run;
    const lastLines = run.log.slice(-reportLines).map(({ line }) => line);
    const { memory } = object.configuration;
    const limit = typeof memory === 'number' ? { memoryLimit: memory } : {};
    return [{ container: containerNameOf(seen.address), status, exitCode, outOfMemory: run.outOfMemory, ...limit, lastLines }];
  });
  return (await Promise.all(reports)).flat();
}

/** Whether an object is its worker's engine. */
export function isEngine({ address }: OwnedObject): boolean {
  return containerNameOf(address) === engineName;
}
