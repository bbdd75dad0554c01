import { expect, test } from 'vitest';
import { defaultFleetSettings } from '../../../src/tasks/fleets/settings.js';
import type { FleetSnapshot, FleetWorker, Need } from '../../../src/tasks/fleets/snapshot.js';
import { noStarts } from '../../../src/tasks/fleets/starts.js';
import { spareOf, steal, needOfRun } from '../../../src/tasks/stealing/steal.js';

const now = 1_000_000;
const rooms = { engine: { cpu: 1000, memory: 512 } };
const whole: Need = { by: 'task a', container: 'engine', asks: rooms.engine, timeout: 60_000, count: 1 };

function worker(run: string, more: Partial<FleetWorker> = {}): FleetWorker {
  return {
    run,
    state: 'ready',
    price: 0,
    ends: now + 500_000,
    startTook: 2000,
    free: rooms,
    idleSince: now,
    broken: null,
    modules: false,
    ...more,
  };
}

/** The primary, with a task that takes all of it. */
const busy = worker('primary', { free: { engine: { cpu: 0, memory: 0 } }, idleSince: null });

function snapshot(more: Partial<FleetSnapshot> = {}): FleetSnapshot {
  return {
    ...{ now, of: 'run', min: 1, max: 3, idle: 10_000, closing: false, workers: [busy], demand: [], template: { rooms, life: 600_000 } },
    ...{ offers: [{ node: 'a', perHour: 0, most: 0, room: 10 }], limits: [], budget: null },
    ...{ starts: noStarts, settings: defaultFleetSettings },
    ...more,
  };
}

test.each<[string, Partial<FleetSnapshot>, number, string[]]>([
  ['nothing to do', {}, 0, []],
  ['a task that the primary takes', { workers: [worker('primary')], demand: [whole] }, 0, []],
  ['a task that the busy primary does not take', { demand: [whole] }, 1, []],
  ['more tasks than the run may have workers', { demand: [{ ...whole, count: 9 }] }, 2, []],
  ['a minimum of three', { min: 3 }, 2, []],
  ['a primary that takes no more tasks', { workers: [worker('primary', { broken: 'x' })], demand: [whole] }, 1, []],
  ['a primary that ends soon', { workers: [{ ...busy, ends: now + 5_000 }], min: 3, demand: [whole] }, 0, []],
  ['a primary that ends a little later', { workers: [{ ...busy, ends: now + 5_001 }], min: 3 }, 2, []],
  ['a task that would outlive the primary', { workers: [{ ...busy, ends: now + 59_999 }], demand: [whole] }, 0, []],
  ['a stealer without work for 10 s', { workers: [busy, worker('x', { idleSince: now - 10_000 })] }, 0, ['x']],
  ['an idle primary', { min: 0, workers: [worker('primary', { idleSince: now - 90_000 })] }, 0, []],
  ['a lender that is removed', { closing: true, workers: [busy, worker('x')] }, 0, ['x']],
])('%s', (_, more, grows, frees) => {
  const { grow, free } = steal(snapshot(more), 'primary');
  expect([grow.length, free.map(({ run }) => run)]).toEqual([grows, frees]);
});

test('spare workers are ready, without work, and not needed by the own tasks; the cheapest ones first', () => {
  const workers = [
    worker('dear', { price: 9 }),
    worker('busy', { idleSince: null }),
    worker('own'),
    worker('cheap', { price: 1 }),
    worker('broken', { broken: 'x' }),
    { ...worker('starting', { ends: null, startTook: null }), state: 'starting' as const },
  ];
  const demand = [{ ...whole, count: 1 }];
  expect(spareOf(snapshot({ of: 'fleet', workers: [workers[2]!, ...workers.filter((one) => one !== workers[2])], demand }), false)).toEqual(
    ['cheap', 'dear'],
  );
});

test('for modules alone, only workers that run them are spare, and needed', () => {
  const given = snapshot({ of: 'fleet', workers: [worker('plain'), worker('wasm', { modules: true })] });
  expect(spareOf(given, true)).toEqual(['wasm']);
  expect(needOfRun('r', 2, { ...given, forModules: true })).toEqual({
    ...{ by: 'run r', container: 'engine', asks: { cpu: 1000, memory: 512 }, timeout: 0, modules: true, count: 2 },
  });
});
