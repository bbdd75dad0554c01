import { expect, test } from 'vitest';
import { defaultTerms, refusalsOf } from '../../../src/dispatch/nodes/terms.js';

const asks = { cpu: 2000, memory: 512, storage: 100 };

test('a node without terms refuses nothing', () => {
  expect(refusalsOf(defaultTerms, asks)).toEqual([]);
});

test('a request beyond the largest one, or beyond the whole node, is refused with the number that counts', () => {
  const terms = { capacity: { cpu: 1000, memory: 512, storage: 99 }, largest: { memory: 511 } };
  expect(refusalsOf(terms, asks)).toEqual([
    'it asks for 2000 millicores, and the node has 1000 for all workers: ask for less',
    'it asks for 512 MB of memory, and the node takes at most 511 a worker: ask for less',
    'it asks for 100 MB of storage, and the node has 99 for all workers: ask for less',
  ]);
});
