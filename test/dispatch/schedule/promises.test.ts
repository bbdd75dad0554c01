import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drain, extension } from '../../../src/dispatch/schedule/changes.js';
import { decide } from '../../../src/dispatch/schedule/decide.js';
import { why } from '../../../src/dispatch/schedule/why.js';
import { planned } from './independent-plan.js';
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
          expect(['higher_priority', 'attempt_failed']).toContain(cause.kind);
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

test.each([
  ['lost', 'node_lost'],
  ['extended', 'extend_forced'],
  ['foreign', 'foreign_worker'],
  ['drained', 'drained'],
] as const)('an event moves only promises that it reaches, by no more than it must: %s', (event, kind) => {
  let moves = 0;
  fc.assert(
    fc.property(
      seed,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 40 }),
      (one, depth, priorities, after) => {
        const world = new World({ seed: one, priorities, depth, runs: 60 });
        for (let pass = 0; pass < after && !world.over; pass += 1) {
          world.advance();
          world.pass();
        }
        const settled = world.snapshot;
        const hit = world.inject(event);
        if (!hit) return;
        const expected = planned(world.snapshot);
        const answer = event === 'drained' ? drain(settled, hit.node, hit.time) : null;
        const refused = event === 'extended' ? extension(settled, hit.worker!, hit.time) : null;
        const { moved } = world.pass();
        moves += moved.length;
        for (const { run, after: promise, cause } of moved) {
          expect(cause).toEqual({ kind, by: event === 'extended' ? hit.worker : event === 'foreign' ? 'foreign' : hit.node });
          const { kept, at } = expected.get(run)!;
          expect(kept).toBe(false);
          if (at < Infinity) expect(promise!.startsBy).toBeLessThanOrEqual(at);
        }
        if (refused) expect(refused.delays.map(({ run }) => run)).toEqual(moved.map(({ run }) => run));
        while (!world.over) {
          world.advance();
          for (const { cause } of world.pass().moved)
            expect([priorities > 1, cause.kind]).toEqual([true, expect.stringMatching(/^(higher_priority|attempt_failed)$/)]);
          if (answer && world.now >= answer.emptyBy!) expect(world.on(hit.node)).toEqual([]);
        }
      },
    ),
    { seed: 13, numRuns: 100 },
  );
  expect(moves).toBeGreaterThan(0);
});

test('a removal that is late moves promises until it is done, and names the worker', () => {
  let moves = 0;
  fc.assert(
    fc.property(seed, fc.integer({ min: 5, max: 40 }), (one, after) => {
      const world = new World({ seed: one, priorities: 1, depth: 2, runs: 60 });
      for (let pass = 0; pass < after && !world.over; pass += 1) {
        world.advance();
        world.pass();
      }
      const hit = world.inject('late');
      while (!world.over) {
        world.advance();
        const { moved } = world.pass();
        moves += moved.length;
        if (moved.length > 0) expect(world.now).toBeLessThan(hit!.time);
        for (const { cause } of moved) expect(cause).toEqual({ kind: 'removal_late', by: hit!.worker });
      }
    }),
    { seed: 13, numRuns: 60 },
  );
  expect(moves).toBeGreaterThan(0);
});

test('every counterfactual comes true', () => {
  let count = 0;
  fc.assert(
    fc.property(seed, (one) => {
      lives({ seed: one, priorities: 2, depth: 1, runs: 40 }, (world) => {
        const { snapshot } = world;
        for (const run of snapshot.waiting.slice(0, 3)) {
          for (const { change } of why(snapshot, run.id, ['n0', 'n1'])!.counterfactuals) {
            count += 1;
            const { asks } = run.request;
            const request =
              change.kind === 'node'
                ? { ...run.request, class: 'changed' }
                : { ...run.request, asks: { ...asks, [change.kind]: asks[change.kind] - change.less } };
            const classes = { ...snapshot.classes, ...(change.kind === 'node' && { changed: [change.node] }) };
            const waiting = snapshot.waiting.map((other) => (other.id === run.id ? { ...run, request } : other));
            const { placements, moved } = decide({ ...snapshot, classes, waiting });
            const { node } = placements.find(({ run: id }) => id === run.id)!;
            if (change.kind === 'node') expect(node).toBe(change.node);
            expect(moved).toEqual([]);
            expect(world.hasRoom(node, request.asks)).toBe(true);
          }
        }
      });
    }),
    { seed: 13, numRuns: 40 },
  );
  expect(count).toBeGreaterThan(50);
});

test('the order of the lists does not matter, and a log replays', () => {
  fc.assert(
    fc.property(seed, (one) => {
      lives({ seed: one, priorities: 3, depth: 2, runs: 40 }, (world) => {
        const { snapshot } = world;
        const expected = decide(snapshot);
        const nodes = snapshot.nodes.map((node) => ({ ...node, busy: node.busy.toReversed() })).reverse();
        const turned = {
          ...snapshot,
          nodes,
          waiting: snapshot.waiting.toReversed(),
          classes: { all: snapshot.classes['all']!.toReversed(), first: ['n0'] },
        };
        expect(decide(turned)).toEqual(expected);
        expect(decide(JSON.parse(JSON.stringify(snapshot)))).toEqual(expected);
      });
    }),
    { seed: 13, numRuns: 20 },
  );
});
