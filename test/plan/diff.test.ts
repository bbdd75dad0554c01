import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerSchema } from '../../src/backends/docker/resources/schemas.js';
import {
  diffAttributes,
  driftOf,
  meansTheSame,
  normaliseBlock,
  wantedForCreate,
  wantedForUpdate,
  withoutWriteOnly,
} from '../../src/plan/diff.js';
import { unknown } from '../../src/plan/values.js';
import type { Attributes, AttributeSchema, ResourceSchema, Value, ValueType } from '../../src/plan/resource-schema.js';
import { canonical, normalise, same } from '../../src/plan/values.js';
import { configuration } from './arbitrary.js';

const labels: ValueType = { set: { object: { label: 'string', value: 'string' } } };

describe('values', () => {
  test.each<[string, Value, ValueType, Value]>([
    ['a number as a string', '12', 'number', 12],
    ['a string as a number', 12, 'string', '12'],
    ['a bool as a string', 'true', 'bool', true],
    ['a block without its list', { a: 1 }, { list: { object: { a: 'string' } } }, [{ a: '1' }]],
    ['a set in one order, without repeats', ['b', 'a', 'b'], { set: 'string' }, ['a', 'b']],
    ['absent members by their defaults', [{}], { list: { object: { ip: 'string' }, defaults: { ip: '0.0.0.0' } } }, [{ ip: '0.0.0.0' }]],
    ['absent members as null', {}, { object: { ip: 'string' } }, { ip: null }],
    [
      'objects in a set',
      [
        { value: 'v', label: 'b' },
        { label: 'a', value: 'v' },
      ],
      labels,
      [
        { label: 'a', value: 'v' },
        { label: 'b', value: 'v' },
      ],
    ],
    ['unknown', unknown, 'number', unknown],
    ['null', null, { list: 'string' }, null],
  ])('normalised: %s', (_name, value, type, expected) => {
    expect(normalise(value, type)).toEqual(expected);
    expect(normalise(normalise(value, type), type)).toEqual(expected);
  });

  test.each<[string, Value, Value, boolean]>([
    ['nothing is nothing', null, [], true],
    ['zero and false', 0, false, true],
    ['members in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['a list in another order', [1, 2], [2, 1], false],
    ['a string and its number', '1', 1, false],
    ['something and nothing', 'x', null, false],
    ['an empty text in a list', [''], [], false],
  ])('the same? %s', (_name, a, b, expected) => {
    expect(same(a, b)).toBe(expected);
    expect(same(b, a)).toBe(expected);
  });

  test('canonical: two values are the same exactly when their texts are', () => {
    const value = fc.jsonValue() as fc.Arbitrary<Value>;
    fc.assert(
      fc.property(value, (one) => {
        const shuffled = JSON.parse(JSON.stringify(one), (_key, item: unknown) => reversed(item)) as Value;
        expect(canonical(shuffled)).toBe(canonical(JSON.parse(JSON.stringify(one)) as Value));
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

/** An object with its members in the opposite order. */
function reversed(item: unknown): unknown {
  return item !== null && typeof item === 'object' && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).reverse()) : item;
}

/** What the backend made of it: it fills in what it was left to say. */
function made(wanted: Attributes): Attributes {
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, value === unknown ? `made ${key}` : value]));
}

describe('the difference', () => {
  const seeded = { seed: 13, numRuns: 500 };

  test('of anything with itself is empty', () => {
    fc.assert(
      fc.property(configuration, (config) => {
        const attributes = wantedForCreate(normaliseBlock(config, containerSchema), containerSchema);
        expect(diffAttributes(made(attributes), made(attributes), containerSchema)).toEqual([]);
        expect(driftOf('t.a', made(attributes), made(attributes), containerSchema)).toBeNull();
      }),
      seeded,
    );
  });

  test('is empty once what was wanted is there', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const before = made(wantedForCreate(normaliseBlock(first, containerSchema), containerSchema));
        const wanted = normaliseBlock(second, containerSchema);
        const after = wantedForUpdate(wanted, before, containerSchema, []);
        expect(diffAttributes(after, wantedForUpdate(wanted, after, containerSchema, []), containerSchema)).toEqual([]);
        const again = made(wantedForCreate(wanted, containerSchema));
        expect(diffAttributes(again, wantedForUpdate(wanted, again, containerSchema, []), containerSchema)).toEqual([]);
      }),
      seeded,
    );
  });

  test('names every attribute that was changed, and no other', () => {
    fc.assert(
      fc.property(configuration, fc.integer({ min: 1001, max: 2000 }), (config, memory) => {
        const wanted = normaliseBlock({ ...config, labels: [] }, containerSchema);
        const before = made(wantedForCreate(wanted, containerSchema));
        const after = wantedForUpdate(
          { ...wanted, memory, image: 'another', labels: [{ label: 'a', value: 'b' }] },
          before,
          containerSchema,
          ['labels'],
        );
        expect(diffAttributes(before, after, containerSchema).map(({ path, replaces }) => [path, replaces])).toEqual([
          ['image', true],
          ['memory', false],
        ]);
      }),
      seeded,
    );
  });

  const schema: ResourceSchema = {
    type: 't',
    version: 0,
    provider: 'p',
    attributes: {
      plain: { type: 'string' },
      defaulted: { type: 'number', default: 5 },
      computed: { type: 'string', computed: true },
      ports: { type: { list: { object: { internal: 'number', external: 'number' }, computed: ['external'] } } },
      secret: { type: 'string', secret: true },
    },
  };
  const before: Attributes = { plain: 'a', defaulted: 7, computed: 'c', ports: [{ internal: 1, external: 32768 }], secret: 's' };

  test.each<[string, Record<string, Value>, string[]]>([
    ['left out: back to its default or to nothing; what the backend filled in stays', {}, ['plain', 'defaulted', 'ports', 'secret']],
    ['a computed member left out is as it is', { ...before, ports: [{ internal: 1 }] }, []],
    ['a computed member given is wanted', { ...before, ports: [{ internal: 1, external: 80 }] }, ['ports']],
    ['unknown differs from any', { ...before, plain: unknown }, ['plain']],
    ['the same', before, []],
  ])('%s', (_name, configured, expected) => {
    const after = wantedForUpdate(normaliseBlock(configured, schema), before, schema, []);
    expect(diffAttributes(before, after, schema).map(({ path }) => path)).toEqual(expected);
  });

  test('says of a secret only that it is one', () => {
    const [change] = diffAttributes(before, { ...before, secret: 'other' }, schema);
    expect(change).toMatchObject({ path: 'secret', secret: true });
  });

  test('says nothing of a value that is only ever written, which no plan and no state keeps', () => {
    const written: ResourceSchema = { ...schema, attributes: { plain: { type: 'string' }, key: { type: 'string', writeOnly: true } } };
    expect(diffAttributes({ plain: 'a', key: null }, { plain: 'a', key: 'hush' }, written)).toEqual([]);
    expect(withoutWriteOnly({ plain: 'a', key: 'hush' }, written)).toEqual({ plain: 'a', key: null });
    expect(withoutWriteOnly({ plain: 'a', key: 'hush' }, schema)).toEqual({ plain: 'a', key: 'hush' });
  });

  test.each<[string, Value, Value, AttributeSchema, boolean]>([
    [
      'a member of a block that is empty',
      [{ a: 'x', b: '' }],
      [{ a: 'x' }],
      { type: { list: { object: { a: 'string', b: 'string' } } } },
      true,
    ],
    [
      'a member of a set of blocks',
      [{ a: 'x', b: 0 }],
      [{ a: 'x', b: null }],
      { type: { set: { object: { a: 'string', b: 'number' } } } },
      true,
    ],
    ['a name in a map that has no value', { a: 'x', b: '' }, { a: 'x' }, { type: { map: 'string' } }, false],
    ['a name in a map of a block', [{ a: { x: '' } }], [{ a: {} }], { type: { list: { object: { a: { map: 'string' } } } } }, false],
    ['two texts of one meaning', '{"a":1}', '{ "a": 1 }', { type: 'string', meaning: (text) => JSON.parse(String(text)) as Value }, true],
    ['two texts', '{"a":1}', '{ "a": 1 }', { type: 'string' }, false],
  ])('means the same? %s', (_name, a, b, attribute, expected) => {
    expect([meansTheSame(a, b, attribute), meansTheSame(b, a, attribute)]).toEqual([expected, expected]);
  });

  test.each<[string, Attributes | null, Attributes | null, string | null]>([
    ['neither remembered nor there', null, null, null],
    ['there, not remembered', null, before, 'adopted'],
    ['remembered, not there', before, null, 'gone'],
    ['changed', before, { ...before, plain: 'b' }, 'changed'],
  ])('drift: %s', (_name, remembered, actual, kind) => {
    expect(driftOf('t.a', remembered, actual, schema)?.kind ?? null).toBe(kind);
  });
});
