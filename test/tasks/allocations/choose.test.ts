import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Allocation } from '../../../src/tasks/allocations/allocation.js';
import { choose, type Host } from '../../../src/tasks/allocations/choose.js';
import { close, end, grant, newAllocation } from '../../../src/tasks/allocations/decisions.js';
import { ReferenceFleet } from './reference.js';

// fast-check prints the seed of a failure; give it here to run it again.
const seed = { seed: Number(process.env['MAYFLY_TEST_SEED'] ?? Date.now()) };

const now = 1000;
const room = (cpu: number, memory = 1000) => ({ cpu, memory });

function asks(name: string, min: number, max = min, more: Partial<Allocation> = {}): Allocation {
  const asked = { id: name, organisation: 'team', fleet: 'f', container: 'engine', labels: {}, ttl: 60_000, interval: 60_000 };
  return { ...newAllocation({ ...asked, min: room(min, 100), max: room(max, 100), now }), ...more };
}

function host(worker: string, free: number, more: Partial<Host> = {}): Host {
  return { worker, container: 'engine', takesUntil: 100_000, most: room(1000), free: room(free), ...more };
}

test.each<[string, Allocation[], Host[], string[], string[]]>([
  ['the most that is asked for', [asks('a', 100, 400)], [host('x', 1000)], ['a x 400'], []],
  ['what is left, if it is the least or more', [asks('a', 100, 400)], [host('x', 100)], ['a x 100'], []],
  ['nothing where less than the least is free, and holds the worker', [asks('a', 101)], [host('x', 100)], [], ['x']],
  ['the worker that gives the most', [asks('a', 100, 400)], [host('x', 300), host('y', 350)], ['a y 350'], []],
  ['the fullest of those that give as much', [asks('a', 100, 400)], [host('x', 900), host('y', 500)], ['a y 400'], []],
  ['nothing of a worker that ends too early', [asks('a', 100)], [host('x', 1000, { takesUntil: 60_999 })], [], []],
  ['the last moment at which its worker is left long enough', [asks('a', 100)], [host('x', 1000, { takesUntil: 61_000 })], ['a x 100'], []],
  ['nothing of another container', [asks('a', 100)], [host('x', 1000, { container: 'db' })], [], []],
  ['no more than is left by the one before', [asks('a', 600), asks('b', 300, 900)], [host('x', 1000)], ['a x 600', 'b x 400'], []],
  ['nothing of a worker that is held for the one before', [asks('a', 800), asks('b', 100)], [host('x', 500)], [], ['x']],
  ['another worker than the held one', [asks('a', 800), asks('b', 100)], [host('x', 500), host('y', 100)], ['b y 100'], ['x']],
  [
    'no hold where other allocations have too much of the worker',
    [asks('a', 800), asks('b', 100)],
    [host('x', 500, { most: room(700) })],
    ['b x 100'],
    [],
  ],
])('it chooses %s', (_, waiting, hosts, lines, heldWorkers) => {
  const { choices, held } = choose(waiting, hosts, now);
  expect(choices.map(({ allocation, host: { worker }, resources }) => `${allocation.id} ${worker} ${resources.cpu}`)).toEqual(lines);
  expect(held.map(({ worker }) => worker)).toEqual(heldWorkers);
});

const size = fc.record({ cpu: fc.integer({ min: 1, max: 10 }), memory: fc.integer({ min: 1, max: 10 }) });
const act = fc.oneof(
  fc.record({ do: fc.constant('worker' as const), size, life: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ do: fc.constant('ask' as const), min: size, more: size, ttl: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ do: fc.constant('task' as const), size, of: fc.nat(9) }),
  fc.record({ do: fc.constant('finish' as const), of: fc.nat(9) }),
  fc.record({ do: fc.constant('close' as const), of: fc.nat(9) }),
  fc.record({ do: fc.constant('pass' as const) }),
);

test('no worker gives more than it has, and each choice is that of a slow model', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const fleet = new ReferenceFleet();
      let time = 0;
      for (const one of acts) {
        time += 1;
        if (one.do === 'worker') fleet.addWorker(one.size, time + one.life);
        if (one.do === 'task') fleet.beginTask(one.of, one.size);
        if (one.do === 'finish') fleet.finishTask(one.of);
        if (one.do === 'ask') {
          const max = { cpu: one.min.cpu + one.more.cpu, memory: one.min.memory + one.more.memory };
          fleet.put(asks(`a${time}`, 1, 1, { min: one.min, max, ttl: one.ttl, createdAt: time }));
        }
        if (one.do === 'close') {
          const open = fleet.allocations.filter(({ state }) => state === 'waiting' || state === 'granted');
          const chosen = open[one.of % Math.max(open.length, 1)];
          if (chosen) fleet.put({ ...chosen, ...close(chosen, { reason: 'freed', now: time })!.change });
          for (const closing of fleet.allocations.filter(({ state }) => state === 'closing'))
            fleet.put({ ...closing, ...end(closing, time).change });
        }
        if (one.do === 'pass') {
          const waiting = fleet.allocations.filter(({ state }) => state === 'waiting');
          const { choices, held } = choose(waiting, fleet.hosts(), time);
          const lines = choices.map(
            ({ allocation, host: { worker }, resources: { cpu, memory } }) => `${allocation.id} ${worker} ${cpu} ${memory}`,
          );
          expect([lines, held.map(({ worker }) => worker).toSorted()]).toEqual(fleet.expected(waiting, time));
          for (const {
            allocation,
            host: { worker },
            resources,
          } of choices)
            fleet.put({ ...allocation, ...grant(allocation, { worker, resources, now: time }).change });
        }
        fleet.assertSound();
      }
    }),
    { ...seed, numRuns: 500 },
  );
});
