import { expect, test } from 'vitest';
import { decide } from '../../../src/dispatch/schedule/decide.js';
import type { Snapshot } from '../../../src/dispatch/schedule/snapshot.js';
import { at, busy, node, on, run, snapshot } from './scene.js';

/** `x on a` starts now, `x on a by 1010` is promised; then the other runs with their code. */
function told(input: Snapshot, before: Snapshot | null = null): string[] {
  const { placements, reservations, waits } = decide(input, before);
  return [
    ...placements.map(({ run: id, node: name }) => `${id} on ${name}`),
    ...reservations.map(({ run: id, node: name, startsBy }) => `${id} on ${name} by ${startsBy}`),
    ...[...waits].flatMap(([id, { code }]) => (code === 'reserved' ? [] : [`${id}: ${code}`])),
  ];
}

const held = (name: string, startsBy: number, order = 0) => ({ held: { node: name, startsBy, order }, fresh: false });

test.each<[string, Snapshot, string[]]>([
  [
    'a run that does not fit is promised the first end that leaves room',
    snapshot([node('a', 4, [busy('w', 3, at + 10), busy('v', 1, at + 5)])], [run('x', 2, 60)]),
    ['x on a by 1010'],
  ],
  [
    'a later run starts if it ends before the promised start',
    snapshot(
      [node('a', 4, [busy('w', 3, at + 10)])],
      [run('x', 4, 60), run('y', 1, 10, { createdAt: 1 }), run('z', 1, 11, { createdAt: 2 })],
    ),
    ['y on a', 'x on a by 1010', 'z: no_room'],
  ],
  [
    'a later run starts beside a promise that leaves it room',
    snapshot([node('a', 4, [busy('w', 3, at + 10)])], [run('x', 3, 60), run('y', 1, 900, { createdAt: 1 })]),
    ['y on a', 'x on a by 1010'],
  ],
  [
    'free amounts of two nodes are no room for one run',
    snapshot([node('a', 4, [busy('w', 2, at + 9)]), node('b', 4, [busy('v', 2, at + 5)])], [run('x', 4, 60)]),
    ['x on b by 1005'],
  ],
  ['the fullest node that fits', snapshot([node('a', 4), node('b', 2), node('c', 3)], [run('x', 2, 60)]), ['x on b']],
  ['a node without limits', snapshot([node('a', null)], [run('x', 1e9, 60)]), ['x on a']],
  [
    'depth 1: one promise for each set of nodes',
    snapshot(
      [node('a', 4, [busy('w', 4, at + 10)]), node('b', 4, [busy('v', 4, at + 20)])],
      [
        run('x', 4, 60, on('a', 4, 60)),
        run('y', 4, 60, { createdAt: 1, ...on('a', 4, 60) }),
        run('z', 4, 60, { createdAt: 2, ...on('b', 4, 60) }),
      ],
    ),
    ['x on a by 1010', 'z on b by 1020', 'y: no_room'],
  ],
  [
    'depth 2',
    snapshot(
      [node('a', 4, [busy('w', 4, at + 10)])],
      [run('x', 4, 60), run('y', 4, 60, { createdAt: 1 }), run('z', 4, 60, { createdAt: 2 })],
      {
        settings: { depth: 2, batch: 64 },
      },
    ),
    ['x on a by 1010', 'y on a by 1070', 'z: no_room'],
  ],
  [
    'each priority has its own promise, the higher one first',
    snapshot([node('a', 4, [busy('w', 4, at + 10)])], [run('low', 4, 60, { priority: 1 }), run('high', 4, 60, { createdAt: 1 })]),
    ['high on a by 1010', 'low on a by 1070'],
  ],
  [
    'a promise is kept where it is',
    snapshot([node('a', 4, [busy('w', 2, at + 10)])], [run('x', 4, 60, held('a', at + 10)), run('y', 2, 60, { createdAt: -1 })]),
    ['x on a by 1010', 'y: no_room'],
  ],
  [
    'a shorter life moves the start to the earlier',
    snapshot([node('a', 4, [busy('w', 4, at + 7)]), node('b', 4, [busy('v', 4, at + 5)])], [run('x', 4, 60, held('a', at + 30))]),
    ['x on b by 1005'],
  ],
  ['an end without a time promises nothing', snapshot([node('a', 4, [busy('w', 4, null)])], [run('x', 4, 60)]), ['x: no_known_end']],
  ['no open node', snapshot([node('a', 4, [], { closed: 'node_closed' })], [run('x', 4, 60)]), ['x: nodes_closed']],
  ['a pause', snapshot([node('a', 4)], [run('x', 4, 60, { notBefore: at + 1 })]), ['x: not_before']],
  [
    'a batch',
    snapshot([node('a', 4)], [run('x', 1, 60), run('y', 1, 60, { createdAt: 1 })], { settings: { depth: 1, batch: 1 } }),
    ['x on a', 'y: next_pass'],
  ],
  [
    'no more workers are made at once than the node may make',
    snapshot([node('a', 9, [busy('w', 1, at + 99, { makingUntil: at + 3 })], { making: 1 })], [run('x', 1, 60)]),
    ['x on a by 1003'],
  ],
  [
    'another node than the avoided one',
    snapshot(
      [node('a', 1), node('b', 9)],
      [run('x', 1, 60, { avoid: 'a' }), run('y', 1, 60, { avoid: 'a', createdAt: 1, ...on('a', 1, 60) })],
    ),
    ['x on b', 'y on a'],
  ],
  [
    'a drained node takes what ends in time',
    snapshot([node('a', 9, [], { emptyBy: at + 60 })], [run('x', 1, 61), run('y', 1, 60, { createdAt: 1 })]),
    ['y on a', 'x: no_known_end'],
  ],
  [
    'a bid is promised a start behind the queue and never starts',
    snapshot([node('a', 4)], [run('offer', 1, 60, { bid: true, priority: 900 }), run('x', 4, 60)]),
    ['x on a', 'offer on a by 1060'],
  ],
])('%s', (_, input, expected) => {
  expect(told(input)).toEqual(expected);
});

test('the organisation with the least share first, one without a guarantee after all below 1', () => {
  const organisations = { a: { most: {}, guaranteed: { cpu: 4, memory: 100 } }, b: { most: {}, guaranteed: { cpu: 100, memory: 8 } } };
  const waiting = ['c1', 'c2', 'a1', 'a2', 'a3', 'b1', 'b2'].map((id, createdAt) => run(id, 2, 60, { organisation: id[0]!, createdAt }));
  const { placements } = decide(snapshot([node('n', 100)], waiting, { organisations }));
  // Shares after each: a 0.5, b 0.25, b 0.5, a 1 (tie at 0.5: a2 came first), then c at 1 came before a3.
  expect(placements.map(({ run: id }) => id)).toEqual(['a1', 'b1', 'b2', 'a2', 'c1', 'c2', 'a3']);
});

test('an organisation at its most is passed over with numbers, and blocks nobody', () => {
  const organisations = { o: { most: { cpu: 5, workers: 3 }, guaranteed: {} } };
  const waiting = [run('big', 4, 60), run('small', 1, 60, { createdAt: 1 }), run('other', 9, 60, { createdAt: 2, organisation: 'p' })];
  const { placements, waits, reservations } = decide(
    snapshot([node('a', 4, [busy('w', 2, at + 9)]), node('b', 9)], waiting, { organisations }),
  );
  expect(placements).toEqual([
    { run: 'small', node: 'a' },
    { run: 'other', node: 'b' },
  ]);
  expect(waits.get('big')).toEqual({ code: 'organisation_most', kind: 'cpu', used: 2, asks: 4, most: 5 });
  expect(reservations).toEqual([]);
});

test('a promise counts towards the most of its organisation', () => {
  const organisations = { o: { most: { cpu: 5 }, guaranteed: {} } };
  const waiting = [run('x', 4, 60, on('a', 4, 60)), run('y', 2, 5, { createdAt: 1 })];
  const { reservations, waits } = decide(snapshot([node('a', 4, [busy('w', 1, at + 9)]), node('b', 9)], waiting, { organisations }));
  expect(reservations.map(({ run: id }) => id)).toEqual(['x']);
  expect(waits.get('y')).toEqual({ code: 'organisation_most', kind: 'cpu', used: 5, asks: 2, most: 5 });
});

const full = [busy('w', 4, at + 10)];

test.each<[string, Snapshot, Snapshot | null, object]>([
  [
    'a lost node: promised again among the living',
    snapshot([node('a', 4, full, { closed: 'node_lost' }), node('b', 4, [busy('v', 4, at + 20)])], [run('x', 4, 60, held('a', at + 10))]),
    null,
    { run: 'x', after: { node: 'b', startsBy: at + 20, order: 0 }, cause: { kind: 'node_lost', by: 'a' } },
  ],
  [
    'a new run of higher priority',
    snapshot([node('a', 4, full)], [run('x', 4, 60, held('a', at + 10)), run('high', 4, 30, { priority: 900 })]),
    null,
    { run: 'x', after: { node: 'a', startsBy: at + 40, order: 0 }, cause: { kind: 'higher_priority', by: 'high' } },
  ],
  [
    'a removal that is late',
    snapshot([node('a', 4, [busy('w', 4, at - 1)])], [run('x', 4, 60, held('a', at - 1))]),
    null,
    { run: 'x', after: { node: 'a', startsBy: at + 999, order: 0 }, cause: { kind: 'removal_late', by: 'w' } },
  ],
  [
    'a worker that was extended',
    snapshot([node('a', 4, [busy('w', 4, at + 15)])], [run('x', 4, 60, held('a', at + 10))]),
    snapshot([node('a', 4, full)], []),
    { run: 'x', after: { node: 'a', startsBy: at + 15, order: 0 }, cause: { kind: 'extend_forced', by: 'w' } },
  ],
  [
    'a worker of the command line',
    snapshot([node('a', 4, [...full, busy('cli', 1, at + 50, { organisation: null })])], [run('x', 4, 60, held('a', at + 10))]),
    snapshot([node('a', 4, full)], []),
    { run: 'x', after: { node: 'a', startsBy: at + 50, order: 0 }, cause: { kind: 'foreign_worker', by: 'cli' } },
  ],
  [
    'a drain that leaves no time on any node',
    snapshot([node('a', 4, full, { emptyBy: at + 20 })], [run('x', 4, 60, held('a', at + 10))]),
    null,
    { run: 'x', after: null, cause: { kind: 'drained', by: 'a' } },
  ],
  [
    'other settings',
    snapshot([node('a', 4, full, { capacity: { cpu: 4, memory: 4, storage: null, workers: 0 } })], [run('x', 4, 60, held('a', at + 10))]),
    snapshot([node('a', 4, full)], []),
    { run: 'x', after: null, cause: { kind: 'settings_changed', by: 'a' } },
  ],
])('a promise moves: %s', (_, input, before, expected) => {
  expect(decide(input, before).moved).toEqual([expect.objectContaining(expected)]);
});

test('an older run of higher priority moves no promise, whatever ends early', () => {
  const waiting = [run('x', 4, 60, { ...held('a', at + 10), priority: 1 }), run('high', 2, 60, { fresh: false })];
  expect(told(snapshot([node('a', 4, [busy('w', 2, at + 10)])], waiting))).toEqual(['x on a by 1010', 'high on a by 1070']);
});

test('promises keep their order, whatever share and time of submission are', () => {
  const organisations = { poor: { most: {}, guaranteed: { cpu: 9 } } };
  const waiting = [
    run('first', 4, 60, { ...held('a', at + 5, 0), createdAt: 2 }),
    run('second', 4, 60, { ...held('a', at + 65, 1), createdAt: 1, organisation: 'poor' }),
  ];
  const nodes = [node('a', 4, [], { closed: 'node_lost' }), node('b', 4, [busy('w', 4, at + 20)])];
  expect(told(snapshot(nodes, waiting, { organisations }))).toEqual(['first on b by 1020', 'second on b by 1080']);
});

const paid = (name: string, workers = [] as ReturnType<typeof busy>[]) => node(name, 4, workers, { paid: true });

test.each<[string, number | null, number, string[]]>([
  ['another node promises a start in time', 10, at, ['x on free by 1010']],
  ['no other does', 9, at, ['x on paid']],
  ['part of the time is over', 10, at - 1, ['x on paid']],
  ['the run has no limit', null, at, ['x on free by 1010']],
])('a paid node: %s', (_, maxWait, createdAt, expected) => {
  expect(told(snapshot([node('free', 4, full), paid('paid')], [run('x', 4, 60, { maxWait, createdAt })]))).toEqual(expected);
});

test('of paid nodes the cheapest is taken, also where a dearer one is fuller', () => {
  const nodes = [paid('dear', [busy('w', 2, null)]), paid('cheap'), node('free', 4, [busy('v', 4, null)])];
  const classes = { all: ['free', 'cheap', 'dear'] };
  const waiting = [run('x', 2, 60, { maxWait: 0, createdAt: 1 }), run('y', 2, 60, { maxWait: 0, createdAt: 2 })];
  expect(told(snapshot(nodes, [...waiting, run('z', 2, 60, { maxWait: 0, createdAt: 3 })], { classes }))).toEqual([
    ...['x on cheap', 'y on cheap', 'z on dear'],
  ]);
});

test('a free node is taken although the time is over', () => {
  expect(told(snapshot([node('free', 4), paid('paid')], [run('x', 4, 60, { maxWait: 1, createdAt: 0 })]))).toEqual(['x on free']);
});

test('a run without a limit does not pay because the free node is closed for a while', () => {
  const nodes = [node('free', 4, [], { closed: 'node_lost' }), paid('paid')];
  expect(told(snapshot(nodes, [run('x', 4, 60)]))).toEqual(['x: no_known_end']);
  expect(told(snapshot(nodes, [run('x', 4, 60, { maxWait: 9 })]))).toEqual(['x on paid']);
  expect(told(snapshot(nodes, [run('x', 4, 60, on('paid', 4, 60))]))).toEqual(['x on paid']);
});
