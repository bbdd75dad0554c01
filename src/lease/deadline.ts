import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { LeaseTerms } from '../backends/shared/own-labels.js';
import type { EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';

/** When a worker ends, by what its objects say; milliseconds since the epoch, by the backend's clock. */
export interface Deadline {
  endsAt: number;
  /** `lease`: fixed when it got ready, or extended. `birth`: oldest creation + lifetime, until there is a lease. */
  from: 'lease' | 'birth';
}

export interface Lease {
  /** Milliseconds since the epoch, by the backend's clock. */
  endsAt: number;
  terms: LeaseTerms;
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

/** Seconds from its birth that no worker outlives, where its labels do not say: those of an older version. */
const defaultMaxLifetime = 2_592_000;

/** The lease that counts: the one with the highest number, and no later than the worker's latest end. */
export function currentLease(objects: readonly OwnedObject[]): Lease | undefined {
  const leases = objects.flatMap(({ lease, labels }) => (lease ? [{ ...lease, labels }] : []));
  if (leases.length === 0) return undefined;
  const { labels, ...lease } = leases.reduce((a, b) => (b.number > a.number ? b : a));
  const terms: LeaseTerms = { ...labels, ...lease };
  return { endsAt: Math.min(lease.ends * 1000, latestEnd(objects)), terms };
}

/** No lease is good for longer, whoever wrote it: the cap that the worker was born with, and never less than its lifetime. */
export function latestEnd(objects: readonly OwnedObject[]): number {
  const { createdAt, labels } = oldestOf(objects);
  return createdAt + Math.max(labels.maxLifetime ?? defaultMaxLifetime, labels.lifetime ?? 0) * 1000;
}

export function deadlineOf(objects: readonly OwnedObject[]): Deadline {
  const lease = currentLease(objects);
  if (lease) return { endsAt: lease.endsAt, from: 'lease' };
  const { createdAt, labels } = oldestOf(objects);
  return { endsAt: createdAt + (labels.lifetime ?? 0) * 1000, from: 'birth' };
}

/** The worker's engine, by its address. */
export function engineOf(objects: readonly OwnedObject[]): OwnedObject | undefined {
  return objects.find(({ address }) => address.endsWith(`.${engineName}`));
}

/** Its time is up, whatever else ended it. `now` by the backend's clock. */
export function isExpired(objects: readonly OwnedObject[], now: number): boolean {
  return objects.length > 0 && now >= deadlineOf(objects).endsAt;
}

/** When the oldest of a worker's objects was made; what an earlier life left behind beside a stack's own tells nothing of this one. */
export function bornAt(objects: readonly OwnedObject[]): number {
  return oldestOf(objects).createdAt;
}

function oldestOf(objects: readonly OwnedObject[]): OwnedObject {
  const own = objects.filter(({ address }) => address !== '');
  return (own.length > 0 ? own : objects).reduce((a, b) => (b.createdAt < a.createdAt ? b : a));
}

/**
 * Why a worker is to be ended at `now` (the backend's clock), `null` while it may live. A time that is up comes first: an engine that has
 * ended by then was most likely stopped by a first try of this end, or by another keeper.
 */
export function dueReason(objects: readonly OwnedObject[], now: number): EndReason | null {
  if (isExpired(objects, now)) return 'expired';
  return engineOf(objects)?.status === 'exited' ? 'engine_ended' : null;
}
