import { expect, test } from 'vitest';
import { Placing, type PlacingParts } from '../../src/dispatch/placing/placing.js';
import type { Run } from '../../src/dispatch/run.js';
import { untilIdle } from '../support/idle.js';
import { steppedClock } from '../support/stepped-clock.js';
import { afterTest } from '../support/temp-dir.js';
import { sampleRun } from './store/samples.js';

const free = { cpu: null, memory: null, storage: null };

/** Placing over runs and nodes that a test describes. `nodeOf`: the node that accepts a run. */
function placing(runs: Run[], { nodeOf = (_name: string): string => 'up', moreAt = null as number | null } = {}) {
  const clock = steppedClock();
  const placed: string[] = [];
  let passes = 0;
  const node = (name: string, state: string) => ({
    ...{ name, capacity: free, ceiling: null, making: 16, cordon: 'open', emptyBy: null, skew: 0, moreAt: null, health: { state } },
    watch: { last: null },
    count: () => ((passes += 1), { workers: [], used: {} }),
  });
  const nodes = new Map([
    ['up', { ...node('up', 'ready'), moreAt }],
    ['down', { ...node('down', 'silent'), count: () => ({ workers: [], used: {} }) }],
  ]);
  const parts = {
    ...{ clock, nodes, settings: { batch: 64, depth: 1, fenceMargin: 0 }, log: { info() {}, warn() {} } },
    runs: {
      all: () => runs,
      size: runs.length,
      budgetsLeft: () => Promise.resolve(new Map()),
      get: (id: string) => runs.find((run) => run.id === id),
      change: (run: Run) => (placed.push(run.id), Promise.resolve(null)),
    },
    offers: { of: (spec: Run['spec']) => Promise.resolve([{ node: nodeOf(spec!.name), offer: { accepted: true, price: null } }]) },
    orphans: { has: () => false },
    limits: { shares: {} },
    driver: { drive() {} },
  } as unknown as PlacingParts;
  const stop = new AbortController();
  const over = new Placing(parts).loop(stop.signal);
  afterTest(async () => {
    stop.abort();
    await over;
  });
  return { clock, placed, passes: () => passes };
}

const named = (name: string) => ({ ...sampleRun(0).spec!, name });

test('any number of runs that wait for a closed node delay no run for another one', async () => {
  const waiting = Array.from({ length: 200 }, (_, number) => sampleRun(number, { spec: named('down') }));
  const last = sampleRun(999, { spec: named('up') });
  const { placed } = placing([...waiting, last], { nodeOf: (name) => name });
  await untilIdle();
  expect(placed).toEqual([last.id]);
});

test('a node whose pause is over while it is looked at causes no further pass', async () => {
  const { clock, passes } = placing([], { moreAt: Date.parse('2025-01-01') });
  await untilIdle();
  expect(passes()).toBe(1);
  await clock.advance(61_000);
  expect(passes()).toBe(2);
});
