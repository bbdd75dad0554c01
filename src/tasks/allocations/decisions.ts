import { MayflyError } from '../../errors.js';
import type { TaskResources } from '../worker.js';
import { type Allocation, type AllocationReason, assertFollows, isOpen } from './allocation.js';

// All functions here are pure: each returns the change of an allocation and its event.

/** The fields that change. The revision rises by itself. */
export type AllocationChange = Partial<
  Pick<Allocation, 'state' | 'reason' | 'granted' | 'worker' | 'interval' | 'renewBy' | 'grantedAt' | 'endedAt'>
>;

export interface AllocationDecision {
  change: AllocationChange;
  /** `null`: a renewal, which is no event. */
  event: { type: string; data: Readonly<Record<string, unknown>> } | null;
}

/** Limits of an interval, in milliseconds. */
const shortest = 10_000;
const usual = 60_000;
const longest = 300_000;

/** The interval that the service grants. @param asked milliseconds; `null`: the usual one */
export function grantInterval(asked: number | null): number {
  return Math.min(longest, Math.max(shortest, asked ?? usual));
}

export function newAllocation({
  interval,
  now,
  ...asked
}: Pick<Allocation, 'id' | 'organisation' | 'fleet' | 'container' | 'min' | 'max' | 'labels' | 'ttl' | 'interval'> & {
  now: number;
}): Allocation {
  return {
    ...asked,
    ...{ revision: 0, state: 'waiting', reason: null, granted: null, worker: null },
    ...{ interval, renewBy: now + interval, createdAt: now, grantedAt: null, endedAt: null },
  };
}

/** Gives it resources of a worker. Its time begins. */
export function grant(
  allocation: Allocation,
  { worker, resources, now }: { worker: string; resources: TaskResources; now: number },
): AllocationDecision {
  assertFollows(allocation, 'granted');
  const { container, labels, createdAt } = allocation;
  const data = { worker, container, ...resources, labels, waited: (now - createdAt) / 1000 };
  return { change: { state: 'granted', worker, granted: resources, grantedAt: now }, event: eventOf(allocation, 'granted', data) };
}

/** @throws MayflyError `not_possible` for an allocation that ends */
export function renew(allocation: Allocation, { interval, now }: { interval: number; now: number }): AllocationDecision {
  const { id, state, reason } = allocation;
  if (isOpen(allocation)) return { change: { interval, renewBy: now + interval }, event: null };
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: `the allocation is ${state}: ${reason}`,
    remedy: 'add another allocation',
  });
}

/** Begins its end: at once where it has no worker, else after the last of its tasks. `null`: it ends already. */
export function close(allocation: Allocation, { reason, now }: { reason: AllocationReason; now: number }): AllocationDecision | null {
  if (!isOpen(allocation)) return null;
  const state = allocation.state === 'waiting' ? 'ended' : 'closing';
  assertFollows(allocation, state);
  return {
    change: { state, reason, ...(state === 'ended' && { endedAt: now }) },
    event: eventOf(allocation, state, { reason }),
  };
}

/** Returns its resources: none of its tasks runs. */
export function end(allocation: Allocation, now: number): AllocationDecision {
  assertFollows(allocation, 'ended');
  return { change: { state: 'ended', endedAt: now }, event: eventOf(allocation, 'ended', { reason: allocation.reason }) };
}

function eventOf({ id }: Allocation, state: string, data: Readonly<Record<string, unknown>>): AllocationDecision['event'] {
  return { type: `allocation_${state}`, data: { allocation: id, ...data } };
}
