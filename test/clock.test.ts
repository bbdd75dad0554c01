import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../src/clock.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

test('it is the system’s time', () => {
  expect(systemClock.now()).toBe(1_000_000);
});

test('a sleep takes as long as it says', async () => {
  let isOver = false;
  void systemClock.sleep(1000).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});

test('one of less than nothing is over at once', async () => {
  let isOver = false;
  void systemClock.sleep(-5).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(0);
  expect(isOver).toBe(true);
});

test('one longer than a timer can take does not fire early', async () => {
  let isOver = false;
  void systemClock.sleep(2 ** 32).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(2 ** 31 - 2);
  expect(isOver).toBe(false);
});

test('an abort ends it with its reason, and leaves no timer', async () => {
  const stop = new AbortController();
  const sleep = systemClock.sleep(1000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('one that begins after the abort does not begin', async () => {
  await expect(systemClock.sleep(1000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('one that is over no longer listens to its signal', async () => {
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, 'removeEventListener');
  const sleep = systemClock.sleep(10, stop.signal);
  await vi.advanceTimersByTimeAsync(10);
  await sleep;
  expect(removed).toHaveBeenCalledTimes(1);
});
