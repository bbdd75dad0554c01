import { expect, test } from 'vitest';
import { fifo, greedy, summedEasy } from './policies.js';
import { reservations } from './reservations.js';
import { seededTrace } from './seeded-trace.js';
import { simulate } from './simulator.js';

test('a seeded trace under four policies', () => {
  const { jobs, machines } = seededTrace(13, 3000);
  const results = Object.entries({ fifo, greedy, summedEasy, reservations: reservations() }).map(([name, policy]) => {
    const { mean, waits, promised, broken } = simulate(jobs, machines, policy);
    return { name, mean: Math.round(mean), longest: Math.max(...waits.values()), promised, broken };
  });
  expect(results).toEqual([
    { name: 'fifo', mean: 385, longest: 3347, promised: 0, broken: 0 },
    { name: 'greedy', mean: 34, longest: 3757, promised: 88, broken: 53 },
    { name: 'summedEasy', mean: 54, longest: 4869, promised: 113, broken: 56 },
    { name: 'reservations', mean: 39, longest: 3856, promised: 114, broken: 0 },
  ]);
});
