import { expect, test } from 'vitest';
import { Placing, type PlacingParts } from '../../src/dispatch/placing/placing.js';
import { Queue, type QueueParts } from '../../src/dispatch/placing/queue.js';
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
  const events: { type: string; data?: Readonly<Record<string, unknown>> }[] = [];
  let passes = 0;
  const node = (name: string, state: string) => ({
    ...{ name, capacity: free, ceiling: null, making: 16, cordon: 'open', emptyBy: null, skew: 0, moreAt: null, health: { state } },
    watch: { last: null, skewNow: () => Promise.resolve(0) },
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
      change(run: Run, _change: unknown, event: (typeof events)[number]) {
        events.push(event);
        if (event.type === 'placed') placed.push(run.id);
        return Promise.resolve(null);
      },
    },
    offers: { of: (spec: Run['spec']) => Promise.resolve([{ node: nodeOf(spec!.name), offer: { accepted: true, price: null } }]) },
    orphans: { has: () => false },
    mayUse: () => true,
    limits: { shares: {} },
    driver: { drive() {} },
  };
  const queue = new Queue(parts as unknown as QueueParts);
  const stop = new AbortController();
  const placing = new Placing({ ...parts, queue } as unknown as PlacingParts);
  const over = placing.loop(stop.signal);
  afterTest(async () => {
    stop.abort();
    await over;
  });
  return { placing, clock, placed, events, passes: () => passes };
}

const named = (name: string) => ({ ...sampleRun(0).spec!, name });

test('any number of runs that wait for a closed node delay no run for another one', async () => {
  const waiting = Array.from({ length: 200 }, (_, number) => sampleRun(number, { spec: named('down') }));
  const last = sampleRun(999, { spec: named('up') });
  const { placed } = placing([...waiting, last], { nodeOf: (name) => name });
  await untilIdle();
  expect(placed).toEqual([last.id]);
});

test('a run that starts too late has the cause in an event before its start', async () => {
  const promise = { node: 'up', startsBy: Date.parse('2025-01-01'), order: 0 };
  const { events } = placing([sampleRun(0, { spec: named('up'), promise })]);
  await untilIdle();
  const before = { node: 'up', starts_by: '2025-01-01T00:00:00.000Z' };
  expect(events.slice(0, 2)).toMatchObject([
    { type: 'promise_moved', data: { before, cause: 'unknown' } },
    { type: 'placed', data: { starts_by: '2025-01-01T00:00:00.000Z' } },
  ]);
});

test('a node whose pause is over while it is looked at causes no further pass', async () => {
  const { clock, passes } = placing([], { moreAt: Date.parse('2025-01-01') });
  await untilIdle();
  expect(passes()).toBe(1);
  await clock.advance(61_000);
  expect(passes()).toBe(2);
});

test('room on a node causes a pass only if a waiting run could use the node', async () => {
  const { placing: own, passes } = placing([sampleRun(0, { spec: named('down') })], { nodeOf: (name) => name });
  await untilIdle();
  const first = passes();
  own.wakeFor('up');
  await untilIdle();
  expect(passes()).toBe(first);
  own.wakeFor('down');
  await untilIdle();
  expect(passes()).toBe(first + 1);
});
