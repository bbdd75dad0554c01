import { describe, expect, test } from 'vitest';
import { formatPath, valueAt } from '../../src/spec/path.js';
import { nearest } from '../../src/spec/suggest.js';
import { meantBy, toSeconds, type Unit } from '../../src/spec/units.js';

test.each([
  [5, 5],
  ['5s', 5],
  ['500ms', 0.5],
  ['1m', 60],
  ['1m30s', 90],
  ['1.5h', 5400],
  ['0.1s', 0.1],
])('%s are %d seconds', (written, seconds) => {
  expect(toSeconds(written)).toBe(seconds);
});

test.each<[unknown, Unit, number | undefined]>([
  ['512', 'MB', 512],
  ['2GB', 'MB', 2048],
  ['1.5 GiB', 'MB', 1536],
  ['100k', 'MB', 1],
  ['lots', 'MB', undefined],
  ['5 bananas', 'MB', undefined],
  [0.5, 'millicores', 500],
  ['1.5', 'millicores', 1500],
  ['250m', 'millicores', 250],
  [1.5, 'MB', undefined],
  ['30m', 'seconds', 1800],
  ['2d', 'seconds', 172_800],
  [null, 'seconds', undefined],
])('%j of %s means %s', (written, unit, meant) => {
  expect(meantBy(written, unit)).toBe(meant);
});

describe('nearest', () => {
  const known = ['name', 'max_duration', 'memory', 'cpu', 'id', 'os', 'tags'];
  test.each([
    ['memmory', 'memory'],
    ['maxDuration', 'max_duration'],
    ['max-duration', 'max_duration'],
    ['Name', 'name'],
    ['tag', 'tags'],
    ['cpus', 'cpu'],
    ['ports', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s', (word, near) => {
    expect(nearest(word, known)).toBe(near);
  });

  test('of nothing', () => {
    expect(nearest('a', [])).toBeUndefined();
  });
});

test('paths', () => {
  expect(formatPath(['containers', 0, 'env', 'a b'])).toBe('containers[0].env["a b"]');
  expect(formatPath([])).toBe('');
  expect(valueAt({ a: [{ b: 1 }] }, ['a', 0, 'b'])).toBe(1);
  expect(valueAt({ a: null }, ['a', 'b'])).toBeUndefined();
  expect(valueAt({}, ['constructor'])).toBeUndefined();
});
