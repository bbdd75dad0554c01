import { expect, test } from 'vitest';
import { defaultFleetSettings } from '../../../src/tasks/fleets/settings.js';
import type { FleetSnapshot, FleetWorker, Need } from '../../../src/tasks/fleets/snapshot.js';
import { scale } from '../../../src/tasks/fleets/scale.js';
import { noStarts } from '../../../src/tasks/fleets/starts.js';
import { random } from '../../dispatch/schedule/seeded-trace.js';

const now = 1_000_000;
const rooms = { engine: { cpu: 1000, memory: 512 } };
const whole: Need = { by: 'task a', container: 'engine', asks: rooms.engine, timeout: 60_000, count: 1 };

function snapshot(more: Partial<FleetSnapshot> = {}): FleetSnapshot {
  return {
    ...{ now, of: 'fleet', min: 0, max: 4, idle: 60_000, closing: false, workers: [], demand: [], template: { rooms, life: 600_000 } },
    ...{
      offers: [{ node: 'a', perHour: 0, most: 0, room: 10 }],
      limits: [],
      budget: null,
      starts: noStarts,
      settings: defaultFleetSettings,
    },
    ...more,
  };
}

/** A ready worker without work since now. */
function ready(run: string, more: Partial<FleetWorker> = {}): FleetWorker {
  return {
    run,
    state: 'ready',
    price: 0,
    ends: now + 500_000,
    startTook: 2000,
    free: rooms,
    idleSince: now,
    broken: null,
    modules: true,
    ...more,
  };
}

const starting = (run: string): FleetWorker => ({ ...ready(run), state: 'starting', ends: null, startTook: null, idleSince: null });

test.each<[string, Partial<FleetSnapshot>, number, string | null]>([
  ['nothing to do', {}, 0, null],
  [
    'modules, although a worker without modules is free',
    { workers: [ready('r1', { modules: false })], demand: [{ ...whole, modules: true }] },
    1,
    null,
  ],
  ['no modules, as a worker that runs them is free', { workers: [ready('r1')], demand: [{ ...whole, modules: true }] }, 0, null],
  ['the minimum, also where no node has room', { min: 3, offers: [] }, 3, null],
  ['one worker for each task', { demand: [{ ...whole, count: 2 }] }, 2, null],
  ['no worker for a task that a starting one takes', { demand: [whole], workers: [starting('x')] }, 0, null],
  ['no worker for a task that a ready one takes', { demand: [whole], workers: [ready('x')] }, 0, null],
  ['a worker where the ready one ends too early for the task', { demand: [whole], workers: [ready('x', { ends: now + 30_000 })] }, 1, null],
  ['one worker for two tasks that it takes together', { demand: [{ ...whole, asks: { cpu: 500, memory: 256 }, count: 2 }] }, 1, null],
  ['no worker for a task that none could take', { demand: [{ ...whole, timeout: 600_001 }] }, 0, null],
  ['as many as the fleet may have', { demand: [{ ...whole, count: 9 }] }, 4, 'most_workers'],
  ['as many as have room', { demand: [{ ...whole, count: 3 }], offers: [{ node: 'a', perHour: 0, most: 0, room: 2 }] }, 2, 'no_room'],
  [
    'as many as the organisation may have',
    { demand: [{ ...whole, count: 3 }], limits: [{ code: 'organisation', left: 1, reason: 'one more' }] },
    1,
    'organisation',
  ],
  [
    'as many as the budget pays',
    { demand: [{ ...whole, count: 3 }], budget: 250, offers: [{ node: 'a', perHour: 9, most: 100, room: 9 }] },
    2,
    'budget',
  ],
  ['as many as may start at once', { max: 20, demand: [{ ...whole, count: 12 }] }, 8, null],
  [
    'none during the pause after three failed starts',
    { min: 1, starts: { failures: 3, failedAt: now - 299_999, cause: 'x' } },
    0,
    'failed_starts',
  ],
  ['one after the pause', { min: 3, starts: { failures: 3, failedAt: now - 300_000, cause: 'x' } }, 1, null],
  ['none in the 10 s after a failed start', { min: 1, starts: { failures: 1, failedAt: now - 9_999, cause: 'x' } }, 0, 'failed_starts'],
  ['the successor of a worker that ends soon', { min: 1, workers: [ready('x', { ends: now + 9_000 })] }, 1, null],
  ['no successor before twice the time of a start, and 5 s', { min: 1, workers: [ready('x', { ends: now + 9_001 })] }, 0, null],
])('it grows by %s', (_, more, count, code) => {
  const { grow, refused } = scale(snapshot(more));
  expect([grow.length, refused?.code ?? null]).toEqual([count, code]);
});

test('the cheapest offers are used first', () => {
  const offers = [
    { node: 'dear', perHour: 9, most: 9, room: 9 },
    { node: 'cheap', perHour: 1, most: 1, room: 1 },
    { node: 'free', perHour: 0, most: 0, room: 1 },
  ];
  const { grow } = scale(snapshot({ demand: [{ ...whole, count: 3 }], offers }));
  expect(grow.map(({ offer }) => offer?.node)).toEqual(['free', 'cheap', 'dear']);
});

test('idle workers above the minimum are ended after their time, the dearest first', () => {
  const long = { idleSince: now - 60_000 };
  const workers = [ready('cheap', long), ready('dear', { ...long, price: 5 }), ready('young'), ready('busy', { idleSince: null })];
  expect(scale(snapshot({ min: 3, workers })).free).toEqual([{ run: 'dear', why: 'idle', cause: 'without work for 60 s' }]);
  expect(scale(snapshot({ min: 0, workers })).free.map(({ run }) => run)).toEqual(['dear', 'cheap']);
  expect(scale(snapshot({ min: 0, workers, demand: [{ ...whole, count: 4 }] })).free).toEqual([]);
});

/** One task after the other is put into the first worker with room for it; a new worker is made only while no limit forbids it. */
function modelOf(one: FleetSnapshot): number {
  const lead = Math.min(one.template.life / 2, 2 * Math.max(0, ...one.workers.map(({ startTook }) => startTook ?? 0)) + 5000);
  const lasting = one.workers.filter(({ ends }) => ends === null || ends - lead > one.now);
  const order = [...one.workers.filter(({ state }) => state === 'ready'), ...one.workers.filter(({ state }) => state === 'starting')];
  const places = order.map(({ free, ends }) => ({ ...free['engine']!, lasts: ends === null ? one.template.life : ends - one.now }));
  const old = places.length;
  const unplaced = lasting.filter(({ state, idleSince }) => state === 'starting' && idleSince !== null).length;
  const room = one.offers.reduce((sum, offer) => sum + offer.room, 0) - unplaced;
  const left = Math.min(
    room,
    ...one.limits.map((limit) => limit.left - unplaced),
    8 - lasting.filter(({ state }) => state === 'starting').length,
  );
  const minimum = Math.max(0, one.min - lasting.length);
  const most = Math.max(minimum, one.max - lasting.length);
  for (const { asks, timeout, count } of one.demand) {
    for (let index = 0; index < count; index += 1) {
      const fits = (place: (typeof places)[number]) => place.cpu >= asks.cpu && place.memory >= asks.memory && place.lasts >= timeout;
      let place = places.find(fits);
      const fresh = { ...one.template.rooms['engine']!, lasts: one.template.life };
      if (!place && places.length - old < most && fits(fresh)) places.push((place = fresh));
      if (!place) break;
      place.cpu -= asks.cpu;
      place.memory -= asks.memory;
    }
  }
  const starting = 8 - lasting.filter(({ state }) => state === 'starting').length;
  return Math.min(Math.max(minimum, places.length - old), Math.max(Math.min(minimum, Math.max(0, starting)), Math.max(0, left)));
}

test('10,000 random fleets grow as a model that puts one task after the other into workers', () => {
  for (let seed = 1; seed <= 10_000; seed += 1) {
    const next = random(seed);
    const draw = (below: number) => Math.floor(next() * below);
    const workers = Array.from({ length: draw(6) }, (_, index) => {
      const free = { engine: { cpu: draw(1001), memory: draw(513) } };
      if (draw(3) === 0) return { ...starting(`w${index}`), idleSince: draw(2) === 0 ? now : null };
      return ready(`w${index}`, { free, ends: now + draw(300_000), startTook: draw(20_000), idleSince: draw(2) === 0 ? null : now });
    });
    const one = snapshot({
      ...{ workers, min: draw(4), max: 4 + draw(12) },
      demand: Array.from({ length: draw(4) }, (_, index) => ({
        ...{ by: `task ${index}`, container: 'engine', timeout: 1000 + draw(700_000), count: 1 + draw(30) },
        asks: { cpu: 100 + draw(1000), memory: 50 + draw(500) },
      })),
      offers: Array.from({ length: draw(3) }, (_, index) => ({ node: `n${index}`, perHour: 0, most: 0, room: draw(6) })),
      limits: Array.from({ length: draw(2) }, () => ({ code: 'organisation' as const, left: draw(6), reason: 'a limit' })),
    });
    // Nobody is ended: no worker is idle for long, and none is above the most.
    expect(scale(one).grow.length, `seed ${seed}`).toBe(modelOf(one));
  }
});
