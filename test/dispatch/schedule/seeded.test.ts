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
    { name: 'fifo', mean: 620, longest: 6282, promised: 0, broken: 0 },
    { name: 'greedy', mean: 224, longest: 25097, promised: 85, broken: 51 },
    { name: 'summedEasy', mean: 228, longest: 24601, promised: 90, broken: 53 },
    { name: 'reservations', mean: 48, longest: 4361, promised: 102, broken: 0 },
  ]);
});
