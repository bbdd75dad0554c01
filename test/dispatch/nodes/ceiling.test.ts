import { expect, test } from 'vitest';
import { type Ceiling, ceilingAt, lowered } from '../../../src/dispatch/nodes/ceiling.js';

const refused = (before: Ceiling | null, now: number, workers = 3, limit: 'quota' | 'rate' = 'quota') =>
  lowered(before, { limit, workers, reason: 'too many', now });

test('a ceiling counts for a minute after a quota, and for ten seconds after a rate', () => {
  expect(refused(null, 0)).toEqual({ workers: 3, reason: 'too many', until: 60_000, refusals: 1 });
  expect(refused(null, 0, 3, 'rate').until).toBe(10_000);
  expect([ceilingAt(refused(null, 0), 59_999)?.workers, ceilingAt(refused(null, 0), 60_000)]).toEqual([3, null]);
});

test('refusals of workers that were begun together are one, and the lowest number counts', () => {
  expect(refused(refused(null, 0, 3), 10, 2)).toEqual({ workers: 2, reason: 'too many', until: 60_000, refusals: 1 });
  expect(refused(refused(null, 0, 3), 10, 4).workers).toBe(3);
});

test('a further refusal soon after doubles the time, up to a quarter of an hour; a late one begins again', () => {
  const second = refused(refused(null, 0), 60_000);
  expect([second.until, second.refusals]).toEqual([180_000, 2]);
  let last = second;
  for (let again = 0; again < 5; again += 1) last = refused(last, last.until);
  expect(refused(last, last.until).until - last.until).toBe(900_000);
  expect(refused(second, second.until + 900_000).refusals).toBe(1);
});
