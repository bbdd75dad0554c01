import { expect, test } from 'vitest';
import { placeFirstCome, type Waiting } from '../../src/dispatch/schedule/first-come.js';

/** A run that asks for as much cpu as memory. */
function run(id: string, size: number, more: Partial<Waiting> = {}): Waiting {
  return { id, priority: 500, createdAt: 0, asks: { cpu: size, memory: size, storage: 0 }, nodes: ['a', 'b'], ...more };
}

const room = (node: string, size: number | null, workers = Infinity) => ({
  node,
  free: { cpu: size, memory: size, storage: null },
  workers,
});

const placed = (waiting: Waiting[], rooms: ReturnType<typeof room>[], most = 10) =>
  placeFirstCome(waiting, rooms, most).map(({ run: id, node }) => `${id} on ${node}`);

test.each([
  ['the higher priority first', [run('low', 4), run('high', 4, { priority: 501 })], [room('a', 4)], ['high on a']],
  ['then the earlier', [run('late', 4, { createdAt: 2 }), run('early', 4, { createdAt: 1 })], [room('a', 4)], ['early on a']],
  ['then by id', [run('y', 4), run('x', 4)], [room('a', 4)], ['x on a']],
  ['on the node with the most free memory', [run('x', 1), run('y', 3)], [room('a', 3), room('b', 4)], ['x on b', 'y on a']],
  ['on accepting nodes only', [run('x', 1, { nodes: ['b'] })], [room('a', 9)], []],
  ['a run that fits nowhere keeps its nodes from later ones', [run('x', 9), run('y', 1)], [room('a', 4), room('b', 4)], []],
  ['but no other nodes', [run('x', 9, { nodes: ['a'] }), run('y', 1)], [room('a', 4), room('b', 2)], ['y on b']],
  ['each placement takes its share', [run('x', 3), run('y', 3)], [room('a', 4)], ['x on a']],
  ['a node without limits takes all', [run('x', 1e9), run('y', 1e9)], [room('a', null)], ['x on a', 'y on a']],
  ['at most as many workers as the node takes now', [run('x', 1), run('y', 1)], [room('a', 9, 1)], ['x on a']],
])('%s', (_, waiting, rooms, expected) => {
  expect(placed(waiting, rooms)).toEqual(expected);
});

test('a pass places no more than its batch', () => {
  expect(placed([run('x', 1), run('y', 1), run('z', 1)], [room('a', 9)], 2)).toEqual(['x on a', 'y on a']);
});

test('all dimensions must fit', () => {
  const free = { cpu: 4, memory: 4, storage: 4 };
  const asking = (asks: Partial<Waiting['asks']>) => [run('x', 1, { asks: { cpu: 1, memory: 1, storage: 1, ...asks } })];
  const fits = (asks: Partial<Waiting['asks']>) => placeFirstCome(asking(asks), [{ node: 'a', free, workers: 1 }], 1).length === 1;
  expect([fits({ cpu: 4 }), fits({ cpu: 5 }), fits({ memory: 5 }), fits({ storage: 4 }), fits({ storage: 5 })]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
});
