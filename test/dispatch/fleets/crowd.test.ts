import { expect, test } from 'vitest';
import { idle, runCrowd } from './crowd.js';

test('tasks of an elastic fleet whose workers are killed get one final state each, and idle workers are gone in their time', async () => {
  const bursts = [
    { at: 0, tasks: 120 },
    { at: 60, tasks: 80 },
  ];
  const { kills, longestIdle, makespan, workerSeconds, ...rest } = await runCrowd({ bursts, min: 0, max: 8, seed: 1 });
  expect(rest).toMatchObject({ ends: { 'completed 1': 200 }, mostRuns: 8, left: 0 });
  expect(kills).toBeGreaterThan(1);
  expect(longestIdle).toBeLessThanOrEqual(idle);
  expect(workerSeconds).toBeLessThan(0.8 * 8 * makespan);
});

test('a fleet queues no more workers than its organisation may have', async () => {
  const { ends, mostRuns, story } = await runCrowd({ bursts: [{ at: 0, tasks: 60 }], min: 0, max: 32, most: 3, seed: 2 });
  expect([ends, mostRuns]).toEqual([{ 'completed 1': 60 }, 3]);
  expect(story).toContain('refused organisation');
});
