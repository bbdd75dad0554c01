import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Options, World } from './world.js';

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const seeded = { seed: 13, numRuns: 150 };

function lives({ ...options }: Options, each: (world: World, decisions: ReturnType<World['pass']>) => void): World {
  const world = new World(options);
  for (let pass = 0; !world.over; pass += 1) {
    if (pass > 2000) throw new Error(`runs wait for ever: ${[...world.waiting.keys()].join(', ')}`);
    world.advance();
    each(world, world.pass());
  }
  return world;
}

test('with one priority no promise moves: shares, limits, retries and early ends', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 3 }), (one, depth) => {
      const world = lives({ seed: one, priorities: 1, depth, runs: 60 }, (_, { moved }) => expect(moved).toEqual([]));
      expect(world.late).toEqual([]);
    }),
    seeded,
  );
});

test('with several priorities only a new run of higher priority moves a promise', () => {
  let moves = 0;
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 3 }), (one, depth) => {
      const world = new World({ seed: one, priorities: 3, depth, runs: 60 });
      while (!world.over) {
        world.advance();
        const priorities = new Map([...world.waiting.values()].map(({ id, priority, fresh }) => [id, { priority, fresh }]));
        for (const { run, cause } of world.pass().moved) {
          moves += 1;
          const by = priorities.get(cause.by!)!;
          expect(cause.kind).toBe('higher_priority');
          expect(by.fresh).toBe(true);
          expect(by.priority).toBeGreaterThan(priorities.get(run)!.priority);
        }
      }
      expect(world.late).toEqual([]);
    }),
    seeded,
  );
  expect(moves).toBeGreaterThan(0);
});
