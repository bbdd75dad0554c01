import { describe, expect, test } from 'vitest';
import { asksOf, dispatcherOf, organizationOf, specNameOf } from '../../src/lease/birth.js';
import { formatAsks, parseAsks } from '../../src/spec/asks.js';
import { object } from './objects.js';

const labelled = (labels: object, more: object = {}) => object({ labels: { worker: 'one', address: 'thing.engine', ...labels }, ...more });
const small = { cpu: 500, memory: 512, storage: 0 };

describe('the resources that a worker holds', () => {
  test('are those of its spec, once, however many objects it has', () => {
    expect(asksOf([labelled({ asks: small }), labelled({ asks: small })])).toEqual(small);
  });

  test('are the largest where an edit made objects with others', () => {
    expect(asksOf([labelled({ asks: small }), labelled({ asks: { cpu: 100, memory: 900, storage: 5 } })])).toEqual({
      ...{ cpu: 500, memory: 900, storage: 5 },
    });
  });

  test('are unknown of a worker of an older version', () => {
    expect(asksOf([labelled({})])).toBeNull();
  });

  test('are none of remains and of a lease alone', () => {
    expect(asksOf([labelled({}, { address: '' })])).toEqual({ cpu: 0, memory: 0, storage: 0 });
  });

  test('are storage alone of a retained worker, whose containers are stopped', () => {
    const lease = labelled({}, { type: 'lease', address: '', lease: { ends: 500, number: 1, retained: true } });
    expect(asksOf([labelled({ asks: { ...small, storage: 7 } }), lease])).toEqual({ cpu: 0, memory: 0, storage: 7 });
  });
});

test('whose a worker is, is read from any of its objects', () => {
  const objects = [labelled({}), labelled({ dispatcher: 'inst-0001', name: 'ci', organization: 'team' })];
  expect([dispatcherOf(objects), specNameOf(objects), organizationOf(objects)]).toEqual(['inst-0001', 'ci', 'team']);
  expect([dispatcherOf([labelled({})]), specNameOf([labelled({})]), organizationOf([])]).toEqual([null, null, null]);
});

test.each([
  ['cpu=500 memory=512 storage=0', small],
  ['cpu=0 memory=0 storage=0', { cpu: 0, memory: 0, storage: 0 }],
  ['cpu=500,memory=512,storage=0', null],
  ['cpu=-5 memory=512 storage=0', null],
  ['cpu=5e9 memory=512 storage=0', null],
  ['cpu=9999999999999 memory=1 storage=1', null],
  ['cpu=500 memory=512 storage=0\n', null],
  ['', null],
])('the label %j has %o', (text, asks) => {
  expect(parseAsks(text)).toEqual(asks);
  if (asks) expect(formatAsks(asks)).toBe(text);
});
