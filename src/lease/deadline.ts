import type { OwnedObject } from '../backends/backend.js';
import type { EndReason } from '../events.js';
import { labelKeys, lifetimeOf } from '../labels.js';
import { engineName } from '../spec/worker-spec.js';

/** When a worker ends, by what its objects say; milliseconds since the epoch, by the backend's clock. */
export interface Deadline {
  endsAt: number;
  /** `lease`: fixed when it got ready, or extended. `birth`: oldest creation + lifetime, until there is a lease. */
  from: 'lease' | 'birth';
}

export function groupByWorker(objects: readonly OwnedObject[]): Map<string, OwnedObject[]> {
  const workers = new Map<string, OwnedObject[]>();
  for (const object of objects) {
    const group = workers.get(object.worker);
    if (group) group.push(object);
    else workers.set(object.worker, [object]);
  }
  return workers;
}

/** The lease object that counts: the one with the highest number. */
export function currentLease(objects: readonly OwnedObject[]): OwnedObject | undefined {
  const number = ({ name }: OwnedObject) => Number(/lease-(\d+)$/.exec(name)?.[1] ?? 0);
  return objects
    .filter(({ type, labels }) => type === 'lease' && /^\d+$/.test(labels[labelKeys.ends] ?? ''))
    .sort((a, b) => number(b) - number(a))[0];
}

/** `null` when nothing tells: objects with our name on them but neither lease nor lifetime are left alone. */
export function deadlineOf(objects: readonly OwnedObject[]): Deadline | null {
  const lease = currentLease(objects);
  if (lease) return { endsAt: Number(lease.labels[labelKeys.ends]) * 1000, from: 'lease' };
  const born = objects.filter(({ labels }) => lifetimeOf(labels) !== undefined);
  if (born.length === 0) return null;
  const oldest = oldestOf(born);
  return { endsAt: oldest.createdAt + lifetimeOf(oldest.labels)! * 1000, from: 'birth' };
}

/** The worker's engine, by its address. */
export function engineOf(objects: readonly OwnedObject[]): OwnedObject | undefined {
  return objects.find(({ address }) => address.endsWith(`.${engineName}`));
}

/** Its time is up, whatever else ended it. `now` by the backend's clock. */
export function isExpired(objects: readonly OwnedObject[], now: number): boolean {
  const deadline = deadlineOf(objects);
  return deadline !== null && now >= deadline.endsAt;
}

/** When the oldest of a worker's objects was made; what an earlier life left behind beside a stack's own tells nothing of this one. */
export function bornAt(objects: readonly OwnedObject[]): number {
  return oldestOf(objects).createdAt;
}

function oldestOf(objects: readonly OwnedObject[]): OwnedObject {
  const own = objects.filter(({ address }) => address !== '');
  return (own.length > 0 ? own : objects).reduce((a, b) => (b.createdAt < a.createdAt ? b : a));
}

/** Why a worker is to be ended at `now` (the backend's clock), `null` while it may live. */
export function dueReason(objects: readonly OwnedObject[], now: number): EndReason | null {
  if (engineOf(objects)?.status === 'exited') return 'engine_ended';
  return isExpired(objects, now) ? 'expired' : null;
}
