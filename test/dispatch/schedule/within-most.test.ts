import { expect, test } from 'vitest';
import { type Most, withinMost } from '../../../src/dispatch/schedule/within-most.js';

const run = (id: string, organisation: string, cpu = 100, memory = 10) => ({ id, organisation, asks: { cpu, memory, storage: 0 } });

const mosts: Record<string, Most> = { a: { workers: 2 }, b: { cpu: 300 }, c: { memory: 20 } };

function chosen(due: ReturnType<typeof run>[], placed: ReturnType<typeof run>[] = []): string[] {
  return withinMost(due, placed, (organisation) => mosts[organisation] ?? {}).map(({ id }) => id);
}

test('an organisation at its most waits, and delays nobody behind it', () => {
  const due = [run('1', 'a'), run('2', 'a'), run('3', 'a'), run('4', 'other')];
  expect(chosen(due)).toEqual(['1', '2', '4']);
  expect(chosen(due, [run('0', 'a')])).toEqual(['1', '4']);
  expect(chosen(due, [run('0', 'a'), run('0', 'a'), run('0', 'other')])).toEqual(['4']);
});

test('held runs delay nobody, however many they are', () => {
  const held = Array.from({ length: 50 }, (_, index) => run(`h${index}`, 'a'));
  expect(chosen([...held, run('x', 'other'), run('y', 'other'), run('z', 'other')], [run('0', 'a'), run('0', 'a')])).toEqual([
    'x',
    'y',
    'z',
  ]);
});

test('cpu and memory are counted over all its workers, up to the limit itself', () => {
  expect(chosen([run('1', 'b', 200), run('2', 'b', 100), run('3', 'b', 1)])).toEqual(['1', '2']);
  expect(chosen([run('1', 'c', 1, 15)], [run('0', 'c', 1, 6)])).toEqual([]);
  expect(chosen([run('1', 'c', 1, 15)], [run('0', 'c', 1, 5)])).toEqual(['1']);
});

test('a run that is held is not overtaken by smaller runs of its own organisation', () => {
  expect(chosen([run('large', 'b', 300), run('small', 'b', 10)], [run('0', 'b', 10)])).toEqual([]);
});
