import { expect, test } from 'vitest';
import type { Usage } from '../../src/dispatch/store/store.js';
import { sumUsage } from '../../src/dispatch/usage.js';

const minute = 60_000;

/** A worker of half a core, 256 MB and 100 MB. Times in minutes. */
function worker(startedAt: number, endedAt: number | null, more: Partial<Usage> = {}): Usage {
  return {
    ...{ run: 'a', number: 1, node: 'docker', organisation: 'red', labels: {}, readyAt: null, price: 0, cost: 0 },
    asks: { cpu: 500, memory: 256, storage: 100 },
    startedAt: startedAt * minute,
    endedAt: endedAt === null ? null : endedAt * minute,
    ...more,
  };
}

async function sums(usages: Usage[], more: { organisation?: string; label?: string } = {}) {
  async function* all() {
    yield* usages;
  }
  const query = { from: 10 * minute, to: 20 * minute, nowOf: () => 18 * minute, organisation: null, label: null, ...more };
  return (await sumUsage(all(), query)).map(({ organisation, label, workers, cpu, memory, storage }) => [
    organisation,
    label,
    workers,
    cpu,
    memory,
    storage,
  ]);
}

test.each<[string, Usage, unknown[]]>([
  ['within the period', worker(12, 14), [['red', null, 1, 1, 512, 200]]],
  ['from before it', worker(2, 14), [['red', null, 1, 2, 1024, 400]]],
  ['until after it', worker(16, 30), [['red', null, 1, 2, 1024, 400]]],
  ['that lives until now', worker(16, null), [['red', null, 1, 1, 512, 200]]],
  ['longer than it', worker(0, 99), [['red', null, 1, 5, 2560, 1000]]],
  ['that ended as it began', worker(2, 10), []],
  ['that began as it ended', worker(20, 30), []],
])('a worker %s counts for its minutes there', async (_, usage, expected) => {
  expect(await sums([usage])).toEqual(expected);
});

const several = [
  worker(12, 14, { labels: { team: 'b' } }),
  worker(12, 16, { labels: { team: 'a' } }),
  worker(12, 14, { labels: { team: 'b' }, number: 2 }),
  worker(12, 14, { organisation: 'blue' }),
];

test('sums are by organisation', async () => {
  expect(await sums(several)).toEqual([
    ['blue', null, 1, 1, 512, 200],
    ['red', null, 3, 4, 2048, 800],
  ]);
});

test('sums are by the values of a label, and of one organisation', async () => {
  expect(await sums(several, { organisation: 'red', label: 'team' })).toEqual([
    ['red', 'a', 1, 2, 1024, 400],
    ['red', 'b', 2, 2, 1024, 400],
  ]);
  expect(await sums(several, { label: 'team' })).toContainEqual(['blue', null, 1, 1, 512, 200]);
});

test.each<[string, Usage, number]>([
  ['that ended, wholly within the period', worker(12, 14, { price: 600, cost: 19 }), 19],
  ['that ended, by the part of its time that is within', worker(8, 12, { price: 600, cost: 18 }), 9],
  ['that lives, for its time so far', worker(16, null, { price: 600, cost: 50 }), 20],
  ['that lives longer than it should, by its reservation', worker(16, null, { price: 600, cost: 15 }), 15],
])('the cost of a worker %s', async (_, usage, cost) => {
  async function* all() {
    yield usage;
  }
  const query = { from: 10 * minute, to: 20 * minute, nowOf: () => 18 * minute, organisation: null, label: null };
  expect(await sumUsage(all(), query)).toMatchObject([{ cost }]);
});
