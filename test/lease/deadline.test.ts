import { describe, expect, test } from 'vitest';
import type { OwnedObject } from '../../src/backends/backend.js';
import { labelKeys } from '../../src/labels.js';
import { bornAt, deadlineOf, dueReason, isExpired } from '../../src/lease/deadline.js';

function object(more: Partial<OwnedObject>): OwnedObject {
  const labels = { [labelKeys.worker]: 'one', [labelKeys.lifetime]: '60' };
  const own = { id: 'a', name: 'a', type: 'thing', address: 'thing.engine', worker: 'one', createdAt: 100_000 };
  return { ...own, status: 'running', exitCode: null, labels, ...more };
}

const lease = (ends: number) => object({ type: 'lease', name: 'one-lease-1', address: '', labels: { [labelKeys.ends]: String(ends) } });

describe('when a worker ends', () => {
  test('by its birth until it has a lease, then by that', () => {
    expect(deadlineOf([object({})])).toEqual({ endsAt: 160_000, from: 'birth' });
    expect(deadlineOf([object({}), lease(500)])).toEqual({ endsAt: 500_000, from: 'lease' });
  });

  test('what an earlier life left behind makes it no older', () => {
    const left = object({ id: 'b', address: '', createdAt: 1000 });
    expect([bornAt([object({}), left]), deadlineOf([object({}), left])?.endsAt]).toEqual([100_000, 160_000]);
    expect(bornAt([left])).toBe(1000);
  });

  test('its time is up whether or not its engine has ended before', () => {
    const ended = [object({ status: 'exited' }), lease(500)];
    expect([isExpired(ended, 499_999), isExpired(ended, 500_000)]).toEqual([false, true]);
    expect([dueReason(ended, 499_999), dueReason(ended, 500_000)]).toEqual(['engine_ended', 'engine_ended']);
    expect(dueReason([object({}), lease(500)], 500_000)).toBe('expired');
  });

  test('nothing with neither lease nor lifetime is ever due', () => {
    expect(isExpired([object({ labels: {} })], Infinity)).toBe(false);
  });
});
