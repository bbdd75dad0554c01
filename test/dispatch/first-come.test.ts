import { describe, expect, test } from 'vitest';
import { placeFirstCome, type Waiting } from '../../src/dispatch/schedule/first-come.js';

/** A node that costs nothing. */
const free = (node: string) => ({ node, perHour: 0, most: 0 });

/** A run that asks for as much cpu as memory. */
function run(id: string, size: number, more: Partial<Waiting> = {}): Waiting {
  return {
    id,
    priority: 500,
    createdAt: 0,
    organisation: 'team',
    asks: { cpu: size, memory: size, storage: 0 },
    nodes: [free('a'), free('b')],
    ...more,
  };
}

const room = (node: string, size: number | null, workers = Infinity) => ({
  node,
  free: { cpu: size, memory: size, storage: null },
  workers,
});

const placed = (waiting: Waiting[], rooms: ReturnType<typeof room>[], most = 10) =>
  placeFirstCome(waiting, rooms, most, new Map()).map(({ run: id, node }) => `${id} on ${node}`);

test.each([
  ['the higher priority first', [run('low', 4), run('high', 4, { priority: 501 })], [room('a', 4)], ['high on a']],
  ['then the earlier', [run('late', 4, { createdAt: 2 }), run('early', 4, { createdAt: 1 })], [room('a', 4)], ['early on a']],
  ['then by id', [run('y', 4), run('x', 4)], [room('a', 4)], ['x on a']],
  ['on the node with the most free memory', [run('x', 1), run('y', 3)], [room('a', 3), room('b', 4)], ['x on b', 'y on a']],
  ['on accepting nodes only', [run('x', 1, { nodes: [free('b')] })], [room('a', 9)], []],
  ['a run that fits nowhere keeps its nodes from later ones', [run('x', 9), run('y', 1)], [room('a', 4), room('b', 4)], []],
  ['but no other nodes', [run('x', 9, { nodes: [free('a')] }), run('y', 1)], [room('a', 4), room('b', 2)], ['y on b']],
  ['each placement takes its share', [run('x', 3), run('y', 3)], [room('a', 4)], ['x on a']],
  ['a node without limits takes all', [run('x', 1e9), run('y', 1e9)], [room('a', null)], ['x on a', 'y on a']],
  ['at most as many workers as the node takes now', [run('x', 1), run('y', 1)], [room('a', 9, 1)], ['x on a']],
])('%s', (_, waiting, rooms, expected) => {
  expect(placed(waiting, rooms)).toEqual(expected);
});

test('a pass places no more than its batch', () => {
  expect(placed([run('x', 1), run('y', 1), run('z', 1)], [room('a', 9)], 2)).toEqual(['x on a', 'y on a']);
});

describe('a budget', () => {
  const costly = (id: string, most: number, more: Partial<Waiting> = {}) =>
    run(id, 1, { nodes: [{ node: 'a', perHour: 1, most }], ...more });
  const rooms = [room('a', 9), room('b', 9)];
  const within = (budget: number, ...waiting: Waiting[]) =>
    placeFirstCome(waiting, rooms, 10, new Map([['team', budget]])).map(({ run: id, node, most }) => `${id} on ${node} for ${most}`);

  test.each<[string, Waiting[], string[]]>([
    ['is used up to itself', [costly('x', 6), costly('y', 4)], ['x on a for 6', 'y on a for 4']],
    [
      'holds a run back, and not the smaller ones behind it',
      [costly('x', 6), costly('y', 5), costly('z', 4)],
      ['x on a for 6', 'z on a for 4'],
    ],
    ['keeps no node from others', [costly('x', 11), costly('y', 11, { organisation: 'other' })], ['y on a for 11']],
    ['leads a run to a node that costs less', [run('x', 1, { nodes: [{ node: 'a', perHour: 1, most: 11 }, free('b')] })], ['x on b for 0']],
  ])('%s', (_, waiting, expected) => {
    expect(within(10, ...waiting)).toEqual(expected);
  });

  test('that is overspent lets runs start that cost nothing', () => {
    expect(within(-1, costly('x', 1), run('y', 1, { nodes: [free('a')] }))).toEqual(['y on a for 0']);
  });
});

test('all dimensions must fit', () => {
  const room = { node: 'a', free: { cpu: 4, memory: 4, storage: 4 }, workers: 1 };
  const asking = (asks: Partial<Waiting['asks']>) => [run('x', 1, { asks: { cpu: 1, memory: 1, storage: 1, ...asks } })];
  const fits = (asks: Partial<Waiting['asks']>) => placeFirstCome(asking(asks), [room], 1, new Map()).length === 1;
  expect([fits({ cpu: 4 }), fits({ cpu: 5 }), fits({ memory: 5 }), fits({ storage: 4 }), fits({ storage: 5 })]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
});
