import { MayflyError } from '../../errors.js';
import type { TaskResources } from '../worker.js';

/**
 * Resources of one worker of a fleet, held for the tasks that name it. Times in milliseconds since the epoch by the service's clock, lengths in
 * milliseconds.
 */
export interface Allocation {
  /** A UUID. */
  id: string;
  organisation: string;
  /** The id of its fleet. */
  fleet: string;
  /** Raised by each change. A change is only stored over the revision that it was decided on. */
  revision: number;
  state: AllocationState;
  /** Why it ends; `null` before. */
  reason: AllocationReason | null;
  /** The container of the worker that has the resources. */
  container: string;
  /** The least and the most that it asks for. */
  min: TaskResources;
  max: TaskResources;
  /** The part of the worker that it has, or had; `null`: none yet. */
  granted: TaskResources | null;
  /** The worker that it has, or had. */
  worker: string | null;
  labels: Readonly<Record<string, string>>;
  /** From the grant on. Then no task begins in it. */
  ttl: number;
  /** The time from one renewal to the next, as the service has granted it. */
  interval: number;
  /** The next renewal arrives by then. */
  renewBy: number;
  createdAt: number;
  grantedAt: number | null;
  endedAt: number | null;
}

/**
 * `waiting`: no worker has had the least of it. `granted`: its tasks begin. `closing`: none begins, and it holds its resources until the last one
 * has ended.
 */
export const allocationStates = ['waiting', 'granted', 'closing', 'ended'] as const;
export type AllocationState = (typeof allocationStates)[number];

/** The states that may follow each state. */
export const following = {
  waiting: ['granted', 'ended'],
  granted: ['closing'],
  closing: ['ended'],
  ended: [],
} as const satisfies Record<AllocationState, readonly AllocationState[]>;

export const allocationReasons = [
  /** Somebody asked for its end. */
  'freed',
  /** Its time was up. */
  'expired',
  /** No renewal arrived in its interval. */
  'not_renewed',
  /** Its worker has ended, or takes no more tasks. */
  'worker_lost',
  /** Its fleet was removed. */
  'fleet_removed',
] as const;
export type AllocationReason = (typeof allocationReasons)[number];

export function mayFollow(from: AllocationState, to: AllocationState): boolean {
  return (following[from] as readonly AllocationState[]).includes(to);
}

/** @throws MayflyError `not_possible`, with both states, for a transition that is not in the table */
export function assertFollows({ id, state }: Pick<Allocation, 'id' | 'state'>, to: AllocationState): void {
  if (mayFollow(state, to)) return;
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: `the allocation is ${state}, and ${to} cannot follow ${state}`,
    remedy: `see GET /v1/allocations/${id}`,
  });
}

/** Whether tasks may name it. */
export function isOpen({ state }: Pick<Allocation, 'state'>): boolean {
  return state === 'waiting' || state === 'granted';
}

/** When its time is up; `null`: it was not granted. */
export function expiresAt({ grantedAt, ttl }: Pick<Allocation, 'grantedAt' | 'ttl'>): number | null {
  return grantedAt === null ? null : grantedAt + ttl;
}

/** When time alone ends it; `null`: never. */
export function dueAt(allocation: Allocation): number | null {
  return isOpen(allocation) ? Math.min(allocation.renewBy, expiresAt(allocation) ?? Infinity) : null;
}

/** Why time alone ends it now; `null`: it does not. */
export function overdue(allocation: Allocation, now: number): AllocationReason | null {
  const due = dueAt(allocation);
  if (due === null || due > now) return null;
  return (expiresAt(allocation) ?? Infinity) <= now ? 'expired' : 'not_renewed';
}

/** The part of a container that its tasks can count on. */
export function roomOf({ granted, min }: Pick<Allocation, 'granted' | 'min'>): TaskResources {
  return granted ?? min;
}
