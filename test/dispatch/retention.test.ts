import { expect, test } from 'vitest';
import { removeOldRuns } from '../../src/dispatch/retention.js';
import { manualClock } from '../support/manual-clock.js';

const hour = 3_600_000;

test('finished runs and deliveries are removed until none is left, then every hour; a failure is logged and tried again', async () => {
  const clock = manualClock(100 * hour);
  const stop = new AbortController();
  const warnings: string[] = [];
  const asked: number[] = [];
  const expired: number[] = [];
  const deliveries: number[] = [];
  let swept = 0;
  const answers = [200, 7, 0, new Error('the disk is full'), 1, 0];
  await removeOldRuns({
    store: {
      async removeFinished(before) {
        asked.push(before / hour);
        const answer = answers.shift()!;
        if (answers.length === 0) stop.abort();
        if (answer instanceof Error) throw answer;
        return answer;
      },
      webhooks: { removeDeliveries: (before) => Promise.resolve(deliveries.push(before / hour) % 2) },
    },
    elsewhere: { expire: (before) => Promise.resolve(void expired.push(before / hour)) },
    publishing: { sweep: () => Promise.resolve(void (swept += 1)) },
    clock,
    sweepOutputs: () => Promise.resolve(),
    retention: 10 * hour,
    deliveries: 5 * hour,
    log: { info: () => {}, warn: (_, message) => warnings.push(message) },
    signal: stop.signal,
  });
  expect(asked).toEqual([90, 90, 90, 91, 92, 92]);
  expect(swept).toBe(2);
  expect(expired).toEqual([90, 91, 92]);
  // None in the round that failed, or was stopped before.
  expect(deliveries).toEqual([95, 95]);
  expect(warnings).toEqual(['finished runs and deliveries could not be removed']);
});
