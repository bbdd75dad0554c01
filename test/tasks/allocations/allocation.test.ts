import { describe, expect, test } from 'vitest';
import { type Allocation, type AllocationState, allocationStates, dueAt, overdue } from '../../../src/tasks/allocations/allocation.js';
import {
  type AllocationDecision,
  close,
  end,
  grant,
  grantInterval,
  newAllocation,
  renew,
} from '../../../src/tasks/allocations/decisions.js';

const id = '11111111-1111-4111-8111-111111111111';
const half = { cpu: 500, memory: 256 };

function allocation(more: Partial<Allocation> = {}): Allocation {
  const asked = { id, organisation: 'team', fleet: 'f', container: 'engine', min: half, max: half, labels: {}, ttl: 100_000 };
  return { ...newAllocation({ ...asked, interval: 60_000, now: 1000 }), ...more };
}

const acts: Record<string, (one: Allocation) => AllocationDecision | null> = {
  grant: (one) => grant(one, { worker: 'w', resources: half, now: 5000 }),
  renew: (one) => renew(one, { interval: 60_000, now: 5000 }),
  close: (one) => close(one, { reason: 'freed', now: 5000 }),
  end: (one) => end(one, 5000),
};

/** The state after each act; `!`: refused; `=`: nothing changes, but perhaps the time of the next renewal. */
const table: Record<string, Record<AllocationState, string>> = {
  grant: { waiting: 'granted', granted: '!', closing: '!', ended: '!' },
  renew: { waiting: '=', granted: '=', closing: '!', ended: '!' },
  close: { waiting: 'ended', granted: 'closing', closing: '=', ended: '=' },
  end: { waiting: 'ended', granted: '!', closing: 'ended', ended: '!' },
};

describe.each(Object.entries(acts))('%s', (name, act) => {
  test.each(allocationStates)('of an allocation that is %s', (state) => {
    const after = () => act(allocation({ state }))?.change.state ?? '=';
    const expected = table[name]![state];
    if (expected === '!') expect(after).toThrow(state);
    else expect(after()).toBe(expected);
  });
});

test('a refused transition names both states', () => {
  expect(() => acts['grant']!(allocation({ state: 'closing' }))).toThrow('the allocation is closing, and granted cannot follow closing');
});

test.each<[string, Partial<Allocation>, number | null, string | null]>([
  ['that waits ends when nobody renews it', { renewBy: 5000 }, 5000, 'not_renewed'],
  ['that is granted ends when nobody renews it', { state: 'granted', grantedAt: 1000, renewBy: 5000 }, 5000, 'not_renewed'],
  ['ends when its time is up, whoever renews it', { state: 'granted', grantedAt: 1000, ttl: 3000, renewBy: 9000 }, 4000, 'expired'],
  ['does not end before', { renewBy: 5001 }, 5001, null],
  ['that ends already is not ended by time', { state: 'closing', grantedAt: 1000, renewBy: 2000 }, null, null],
])('an allocation %s', (_, more, due, reason) => {
  expect([dueAt(allocation(more)), overdue(allocation(more), 5000)]).toEqual([due, reason]);
});

test('the service grants an interval of a minute, or the wish between 10 s and 5 min', () => {
  expect([null, 1000, 10_001, 299_999, 86_400_000].map(grantInterval)).toEqual([60_000, 10_000, 10_001, 299_999, 300_000]);
});
