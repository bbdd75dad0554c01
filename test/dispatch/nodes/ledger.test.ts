import { expect, test } from 'vitest';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { countNode, freeOf } from '../../../src/dispatch/ledger.js';
import type { Resources } from '../../../src/spec/worker-spec.js';

function objectOf(worker: string, asks?: Resources, address = 'memory_container.engine'): OwnedObject {
  const labels = { worker, address, lifetime: 100, until: 1000, ...(asks && { asks }) };
  return {
    ...{ id: worker, name: worker, type: 'memory_container', address, worker, labels, createdAt: 0 },
    status: 'running',
    exitCode: null,
  };
}

const one = { cpu: 100, memory: 10, storage: 1 };
const two = { cpu: 200, memory: 20, storage: 2 };

test('a worker counts once, also one of somebody else and one of the command line', () => {
  const look = new Map([
    ['a', [objectOf('a', one), objectOf('a', one, 'memory_volume.work')]],
    ['b', [objectOf('b', two)]],
  ]);
  const { used, workers } = countNode(look, [{ worker: 'a', asks: one, until: 5 }]);
  expect(used).toEqual({ cpu: 300, memory: 30, storage: 3 });
  expect(workers).toEqual([
    { worker: 'a', asks: one, placed: true, ends: 1_000_000 },
    { worker: 'b', asks: two, placed: false, ends: 1_000_000 },
  ]);
});

test('a worker that is placed and not seen yet counts, and one that both have counts once', () => {
  const placed = [
    { worker: 'a', asks: one, until: 5 },
    { worker: 'b', asks: two, until: 7 },
  ];
  const { used, workers } = countNode(new Map([['b', [objectOf('b', two)]]]), placed);
  expect(used).toEqual({ cpu: 300, memory: 30, storage: 3 });
  expect(workers).toContainEqual({ worker: 'a', asks: one, placed: true, ends: 5000 });
});

test('a worker without the label counts as nothing, unless a run has it', () => {
  const look = new Map([
    ['old', [objectOf('old')]],
    ['a', [objectOf('a')]],
  ]);
  const { used, workers } = countNode(look, [{ worker: 'a', asks: one, until: 5 }]);
  expect(used).toEqual(one);
  expect(workers.filter(({ asks }) => asks === null).map(({ worker }) => worker)).toEqual(['old']);
});

test('the label on any object of a worker counts: a lease has none', () => {
  const lease = objectOf('a', undefined, '');
  expect(countNode(new Map([['a', [lease, objectOf('a', two)]]]), []).used).toEqual(two);
});

test('resources that are not limited stay so, and the others may be exceeded', () => {
  expect(freeOf({ cpu: 150, memory: 100, storage: null }, two)).toEqual({ cpu: -50, memory: 80, storage: null });
});
