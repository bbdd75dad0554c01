import { expect, test } from 'vitest';
import { idle, runCrowd } from './crowd.js';

/** Two bursts with a lull between them. */
const bursts = [
  { at: 0, tasks: 5000 },
  { at: 400, tasks: 5000 },
];

test('10,000 tasks over 1 to 32 workers that are killed get one final state each, for less than a fixed fleet of that size costs', async () => {
  const elastic = await runCrowd({ bursts, min: 1, max: 32, seed: 7 });
  expect(elastic).toMatchObject({ ends: { 'completed 1': 10_000 }, left: 1 });
  expect(elastic.kills).toBeGreaterThan(5);
  expect(elastic.longestIdle).toBeLessThanOrEqual(idle);
  const fixed = await runCrowd({ bursts, min: 32, max: 32, seed: 7 });
  expect(fixed.ends).toEqual({ 'completed 1': 10_000 });
  expect(elastic.makespan / fixed.makespan).toBeGreaterThan(0.8);
  expect(elastic.makespan / fixed.makespan).toBeLessThan(1.2);
  expect(elastic.workerSeconds / (32 * elastic.makespan)).toBeLessThan(0.8);
  expect(elastic.workerSeconds / fixed.workerSeconds).toBeLessThan(0.8);
  console.log(`worker-seconds ${elastic.workerSeconds} and ${fixed.workerSeconds}, makespan ${elastic.makespan} s and ${fixed.makespan} s`);
}, 600_000);
