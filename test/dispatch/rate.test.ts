import { expect, test } from 'vitest';
import { type Bucket, takeOne } from '../../src/dispatch/rate.js';

const rate = { perMinute: 6, burst: 2 };

/** Milliseconds to wait at each moment. */
function waits(...moments: number[]): number[] {
  let bucket: Bucket | undefined;
  return moments.map((now) => {
    const taken = takeOne(bucket, rate, now);
    bucket = taken.bucket;
    return taken.wait;
  });
}

test('a burst is taken at once, then one each 10 s', () => {
  expect(waits(0, 0, 0, 9_999, 10_000, 10_000, 20_000)).toEqual([0, 0, 10_000, 1, 0, 10_000, 0]);
});

test('what was not used grows up to the burst', () => {
  expect(waits(0, 600_000, 600_000, 600_000)).toEqual([0, 0, 0, 10_000]);
});

test('a clock that is set back takes nothing away, and gives nothing', () => {
  expect(waits(1_000_000, 1_000_000, 0, 0, 10_000)).toEqual([0, 0, 10_000, 10_000, 0]);
});
