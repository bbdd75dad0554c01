import { describe, expect, test } from 'vitest';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { bornAt, currentLease, deadlineOf, dueReason, isExpired, latestEnd } from '../../src/lease/deadline.js';
import { object } from './objects.js';

const own = { worker: 'one', address: 'thing.engine' };

function lease(ends: number, number = 1, createdAt = 200_000): OwnedObject {
  return object({ type: 'lease', address: '', createdAt, labels: { ...own, address: '', lifetime: 60 }, lease: { ends, number } });
}

const month = 2_592_000;

describe('when a worker ends', () => {
  test('by its birth until it has a lease, then by that', () => {
    expect(deadlineOf([object({})])).toEqual({ endsAt: 160_000, from: 'birth' });
    expect(deadlineOf([object({}), lease(500)])).toEqual({ endsAt: 500_000, from: 'lease' });
  });

  test('by the lease with the highest number, however they are listed', () => {
    const leases = [lease(500, 2), lease(700, 10), lease(600, 9)];
    expect(currentLease([object({}), ...leases])?.endsAt).toBe(700_000);
    expect(currentLease([...leases.toReversed(), object({})])?.endsAt).toBe(700_000);
    expect(currentLease([object({})])).toBeUndefined();
  });

  test('never after the cap that it was born with, whatever a lease says', () => {
    const capped = object({ labels: { ...own, lifetime: 60, maxLifetime: 400 } });
    expect(deadlineOf([capped, lease(500)])).toEqual({ endsAt: 500_000, from: 'lease' });
    expect(deadlineOf([capped, lease(501)])).toEqual({ endsAt: 500_000, from: 'lease' });
    expect(deadlineOf([capped, lease(253_402_300_799, 7)]).endsAt).toBe(500_000);
  });

  test('never after 30 days where it was born with no cap, nor before its lifetime', () => {
    expect(latestEnd([object({})])).toBe((100 + month) * 1000);
    expect(deadlineOf([object({}), lease(10 ** 11)]).endsAt).toBe((100 + month) * 1000);
    expect(latestEnd([object({ labels: { ...own, lifetime: month + 600 } })])).toBe((100 + month + 600) * 1000);
    expect(latestEnd([object({ labels: { ...own, lifetime: 60, maxLifetime: 10 } })])).toBe(160_000);
  });

  test('the cap is that of its oldest object', () => {
    const younger = object({ id: 'b', createdAt: 150_000, labels: { ...own, lifetime: 9999, maxLifetime: 9999 } });
    const older = object({ labels: { ...own, lifetime: 60, maxLifetime: 400 } });
    expect(latestEnd([younger, older])).toBe(500_000);
  });

  test('what an earlier life left behind makes it no older', () => {
    const left = object({ id: 'b', address: '', createdAt: 1000 });
    expect([bornAt([object({}), left]), deadlineOf([object({}), left]).endsAt]).toEqual([100_000, 160_000]);
    expect(bornAt([left])).toBe(1000);
  });

  test('its time is up whether or not its engine has ended before', () => {
    const ended = [object({ status: 'exited' }), lease(500)];
    expect([isExpired(ended, 499_999), isExpired(ended, 500_000)]).toEqual([false, true]);
    expect([dueReason(ended, 499_999), dueReason(ended, 500_000)]).toEqual(['engine_ended', 'expired']);
    expect(dueReason([object({}), lease(500)], 500_000)).toBe('expired');
  });

  test('a left-over without any lifetime may go at once, and where there is nothing nothing is due', () => {
    expect(dueReason([object({ address: '', labels: { ...own, address: '' } })], 100_000)).toBe('expired');
    expect(isExpired([], Infinity)).toBe(false);
  });
});
