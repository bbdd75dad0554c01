import { expect, test } from 'vitest';
import { drain, extension } from '../../../src/dispatch/schedule/changes.js';
import { why } from '../../../src/dispatch/schedule/why.js';
import { at, busy, node, on, run, snapshot } from './scene.js';

const workers = [busy('w', 3, at + 10), busy('v', 1, at + 30), busy('u', 1, at + 5)];
const crowded = snapshot(
  [node('a', 6, workers), node('b', 9), node('c', 2)],
  [
    run('x', 3, 60, on('a', 3, 60)),
    run('y', 2, 60, { createdAt: 1, ...on('a', 2, 60) }),
    run('z', 2, 60, { createdAt: 2, ...on('a', 2, 60) }),
  ],
);

test('a run with a promise: its position, its blockers and another node', () => {
  expect(why(crowded, 'x', ['b', 'c'])).toEqual({
    position: 1,
    wait: { code: 'reserved', node: 'a', startsBy: at + 10 },
    blockers: [
      { id: 'w', until: at + 10 },
      { id: 'u', until: at + 5 },
    ],
    promised: [],
    closed: [],
    expected: at + 10,
    counterfactuals: [{ change: { kind: 'node', node: 'b' }, startsAt: at }],
  });
});

test('a run behind it: an expected start, which is no promise', () => {
  const answer = why(crowded, 'z', ['c']);
  expect(answer).toMatchObject({
    position: 3,
    wait: { code: 'no_room' },
    blockers: [],
    promised: [{ run: 'x', node: 'a', startsBy: at + 10 }],
    expected: at + 65,
  });
  expect(answer?.counterfactuals).toEqual([{ change: { kind: 'node', node: 'c' }, startsAt: at }]);
});

test.each([
  ['memory', { cpu: 1, memory: 5, storage: 0 }, 2],
  ['cpu', { cpu: 5, memory: 1, storage: 0 }, 2],
] as const)('less %s', (kind, asks, less) => {
  const request = { asks, life: 60, making: 0, class: 'all' };
  const input = snapshot([node('a', 6, [busy('w', 3, at + 10)])], [run('x', 0, 0, { request })]);
  expect(why(input, 'x')?.counterfactuals).toEqual([{ change: { kind, less }, startsAt: at }]);
});

test('no change is named that the limit of the organisation does not allow', () => {
  const request = { asks: { cpu: 1, memory: 5, storage: 0 }, life: 60, making: 0, class: 'all' };
  const limited = (memory: number) => ({ organisations: { o: { most: { memory }, guaranteed: {} } } });
  const input = (memory: number) => snapshot([node('a', 6, [busy('w', 3, at + 10)])], [run('x', 0, 0, { request })], limited(memory));
  expect(why(input(5), 'x')?.counterfactuals).toEqual([{ change: { kind: 'memory', less: 3 }, startsAt: at }]);
  expect(why(input(3), 'x')?.counterfactuals).toEqual([]);
});

test('a run that only closed or drained nodes could take', () => {
  const nodes = [
    node('a', 6, [], { closed: 'node_lost' }),
    node('b', 6, [], { emptyBy: at + 59 }),
    node('c', 6, [], { closed: 'node_closed' }),
  ];
  const input = snapshot(nodes, [run('x', 1, 60)], { classes: { all: ['a', 'b'] } });
  expect(why(input, 'x')).toMatchObject({
    wait: { code: 'no_known_end' },
    closed: [
      { node: 'a', reason: 'node_lost' },
      { node: 'b', reason: 'drained' },
    ],
    expected: null,
  });
});

test('a run that starts has no reason to wait', () => {
  expect(why(snapshot([node('a', 6)], [run('x', 1, 60)]), 'x')).toBeNull();
});

const promised = [run('x', 4, 60, { held: { node: 'a', startsBy: at + 10, order: 0 } })];

test('an extension names who would wait and how much longer', () => {
  const input = snapshot([node('a', 4, [busy('w', 4, at + 10)])], promised);
  expect(extension(input, 'w', at + 10)).toEqual({ delays: [], drained: false });
  expect(extension(input, 'w', at + 25)).toEqual({ delays: [{ run: 'x', longer: 15 }], drained: false });
});

test('an extension that another node makes good delays nobody', () => {
  expect(extension(snapshot([node('a', 4, [busy('w', 4, at + 10)]), node('b', 4)], promised), 'w', at + 25).delays).toEqual([]);
});

test('a drain says when the node is empty, and whose promises it moves', () => {
  const input = snapshot([node('a', 4, [busy('w', 4, at + 10)])], promised);
  expect(drain(input, 'a', at + 70)).toEqual({ emptyBy: at + 70, moved: [] });
  expect(drain(input, 'a', at + 69)).toMatchObject({
    emptyBy: at + 69,
    moved: [{ run: 'x', after: null, cause: { kind: 'drained', by: 'a' } }],
  });
  expect(drain(input, 'a', at + 5)).toMatchObject({ emptyBy: at + 10 });
  expect(drain(snapshot([node('a', 4, [busy('w', 4, null)])], []), 'a', at + 5)).toEqual({ emptyBy: null, moved: [] });
  expect(drain(input, 'other', at)).toBeNull();
});

test('an extension beyond the time of a drain', () => {
  const input = snapshot([node('a', 4, [busy('w', 4, at + 10)], { emptyBy: at + 20 })], []);
  expect(extension(input, 'w', at + 21)).toEqual({ delays: [], drained: true });
  expect(extension(input, 'w', at + 20)).toEqual({ delays: [], drained: false });
});
