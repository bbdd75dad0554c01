import { createHash } from 'node:crypto';
import { containerNameOf } from '../backends/ports/containers.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { engineName, everyContainer, type WorkerSpec } from '../spec/worker-spec.js';
import type { Lease } from './deadline.js';

/** The codes of a worker's containers, sorted. A container that was replaced has another code. */
export function codesOf(spec: WorkerSpec, objects: readonly OwnedObject[]): string[] {
  const names = new Set([engineName, ...everyContainer(spec).map(({ name }) => name)]);
  return objects.flatMap((object) => (isContainer(object) && names.has(containerNameOf(object.address)) ? [codeOf(object)] : [])).sort();
}

/**
 * The containers that exist without the copies of their spec: an apply was interrupted after it had replaced them. Empty where the lease
 * does not list the containers that have their copies: of an older version, or of a backend that makes no copies.
 */
export function withoutCopies({ terms: { copied } }: Lease, objects: readonly OwnedObject[]): string[] {
  if (copied === undefined) return [];
  const left = objects.filter((object) => isContainer(object) && !copied.includes(codeOf(object)));
  return left.map(({ address }) => containerNameOf(address));
}

function isContainer({ address, status }: OwnedObject): boolean {
  return address !== '' && status !== 'present';
}

/** Names of a backend may be used again, so the time of creation counts too. */
function codeOf({ id, createdAt }: OwnedObject): string {
  return createHash('sha256').update(`${id} ${createdAt}`).digest('hex').slice(0, 12);
}
