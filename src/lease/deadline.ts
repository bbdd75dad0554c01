import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { LeaseTerms } from '../backends/shared/own-labels.js';
import type { EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';

/** A worker's end, computed from its objects' labels. `endsAt`: milliseconds since the epoch, by the backend's clock. */
export interface Deadline {
  endsAt: number;
  /** `lease`: written when the worker became ready, or moved since. `birth`: set before its first object, until it has a lease. */
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

/** The longest life of a worker in seconds, where its labels of an older version do not have it. */
const defaultMaxLifetime = 2_592_000;

/** The lease with the highest number, its end bounded by the worker's latest end. */
export function currentLease(objects: readonly OwnedObject[]): Lease | undefined {
  const leases = objects.flatMap(({ lease, labels }) => (lease ? [{ ...lease, labels }] : []));
  if (leases.length === 0) return undefined;
  const { labels, ...lease } = leases.reduce((a, b) => (b.number > a.number ? b : a));
  const terms: LeaseTerms = { ...labels, ...lease };
  return { endsAt: Math.min(lease.ends * 1000, latestEnd(objects)), terms };
}

/** The bound of every lease, in milliseconds since the epoch: the birth plus the `maxLifetime` in the labels, which is at least the lifetime. */
export function latestEnd(objects: readonly OwnedObject[]): number {
  const { bornAt, maxLifetime, lifetime } = termsOfBirth(objects);
  return bornAt + Math.max(maxLifetime ?? defaultMaxLifetime, lifetime) * 1000;
}

/** The latest end without a lease, in milliseconds since the epoch by the node's clock. */
export function fenceOf(objects: readonly OwnedObject[]): number {
  const { bornAt, lifetime } = termsOfBirth(objects);
  return bornAt + lifetime * 1000;
}

export function deadlineOf(objects: readonly OwnedObject[]): Deadline {
  const lease = currentLease(objects);
  if (lease) return { endsAt: lease.endsAt, from: 'lease' };
  return { endsAt: fenceOf(objects), from: 'birth' };
}

/** The worker's engine, found by its address. */
export function engineOf(objects: readonly OwnedObject[]): OwnedObject | undefined {
  return objects.find(({ address }) => address.endsWith(`.${engineName}`));
}

/** Whether the worker's end has passed. `now`: milliseconds since the epoch, by the backend's clock. */
export function isExpired(objects: readonly OwnedObject[], now: number): boolean {
  return objects.length > 0 && now >= deadlineOf(objects).endsAt;
}

/** When the making of a worker began, in milliseconds since the epoch. Remains of an earlier worker, without an address, do not count. */
export function bornAt(objects: readonly OwnedObject[]): number {
  return termsOfBirth(objects).bornAt;
}

/**
 * The birth as the labels have it, so that it stays the same when objects are lost. The earliest `until` counts. Where no object has one, the
 * oldest creation is the birth: objects of older versions.
 */
function termsOfBirth(objects: readonly OwnedObject[]): { bornAt: number; lifetime: number; maxLifetime: number | undefined } {
  const { createdAt, labels } = ownOf(objects).reduce((a, b) => (isElder(b, a) ? b : a));
  const { until, lifetime = 0, maxLifetime } = labels;
  return { bornAt: until === undefined ? createdAt : (until - lifetime) * 1000, lifetime, maxLifetime };
}

/** Creation of the worker's oldest object that exists, in milliseconds since the epoch. It is later than the birth once that object is lost. */
export function oldestCreation(objects: readonly OwnedObject[]): number {
  return Math.min(...ownOf(objects).map(({ createdAt }) => createdAt));
}

/** Without remains of an earlier worker, which have no address. */
function ownOf(objects: readonly OwnedObject[]): readonly OwnedObject[] {
  const own = objects.filter(({ address }) => address !== '');
  return own.length > 0 ? own : objects;
}

function isElder(a: OwnedObject, b: OwnedObject): boolean {
  const [left, right] = [a.labels.until ?? Infinity, b.labels.until ?? Infinity];
  return left === right ? a.createdAt < b.createdAt : left < right;
}

/** Whether the worker's containers are stopped, and kept until its end after its `run` has failed. */
export function isRetained(objects: readonly OwnedObject[]): boolean {
  return currentLease(objects)?.terms.retained === true;
}

/** Seconds for which a worker is to be kept with its containers stopped, since its engine has failed; `null`: it is not to be, or is already. */
export function retentionOf(objects: readonly OwnedObject[]): number | null {
  const engine = engineOf(objects);
  if (engine?.status !== 'exited' || engine.exitCode === 0 || isRetained(objects)) return null;
  return currentLease(objects)?.terms.retain ?? null;
}

/**
 * Why a worker must end at `now` (by the backend's clock); `null` while it may live. Expiry comes first: by then, its engine was most
 * likely stopped by an earlier try of this end, or by another keeper.
 */
export function dueReason(objects: readonly OwnedObject[], now: number): EndReason | null {
  if (isExpired(objects, now)) return 'expired';
  if (engineOf(objects)?.status !== 'exited' || isRetained(objects) || retentionOf(objects) !== null) return null;
  return 'engine_ended';
}
