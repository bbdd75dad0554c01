import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runOfWorker, workerNameOf } from '../../src/dispatch/worker-name.js';
import { isName } from '../../src/spec/names.js';

const run = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';

test.each([
  [1, 'r7aou7lt55qi5bj3facqmshtl6y'],
  [2, 'r7aou7lt55qi5bj3facqmshtl6y-2'],
  [999, 'r7aou7lt55qi5bj3facqmshtl6y-999'],
])('attempt %i of a run has the worker %s', (attempt, name) => {
  expect(workerNameOf(run, attempt)).toBe(name);
  expect(runOfWorker(name)).toEqual({ run, attempt });
  expect(isName(name)).toBe(true);
});

test('every id and attempt is read back from the name', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 999 }), (id, attempt) => {
      expect(runOfWorker(workerNameOf(id, attempt))).toEqual({ run: id, attempt });
    }),
  );
});

test.each([
  'r7aou7lt55qi5bj3facqmshtl6y-1',
  'r7aou7lt55qi5bj3facqmshtl6y-02',
  'r7aou7lt55qi5bj3facqmshtl6y-1000',
  // A bit behind the 128.
  'r7aou7lt55qi5bj3facqmshtl6z',
  'r7aou7lt55qi5bj3facqmshtl6',
  'R7aou7lt55qi5bj3facqmshtl6y',
  'melodium',
  '',
])('%s is the worker of no run', (name) => {
  expect(runOfWorker(name)).toBeNull();
});
