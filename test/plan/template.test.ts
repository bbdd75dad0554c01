import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unknown } from '../../src/plan/values.js';
import type { Value } from '../../src/plan/resource-schema.js';
import { evaluate, follow, formatReference, parseTemplate, referencesIn } from '../../src/plan/template.js';
import { literal } from '../../stacks/common.js';

const nothing = () => {
  throw new Error('nothing is referred to');
};

describe('escapes', () => {
  const texts: Record<string, string> = {
    'a dollar alone': 'costs $5, $x and $$',
    'a reference that is none': '${x} and ${a.b[0]}',
    'one escaped already': '$${x} $$${x}',
    'a directive': '%{if x} 100% %%{y}',
    'a brace that never ends': '${ %{ {{ }}',
    nothing: '',
    lines: 'a\n${b}\n\t%{c}',
  };
  test.each(Object.entries(texts))('a text comes through as it was: %s', (_name, text) => {
    expect(evaluate(literal(text), nothing)).toBe(text);
    expect(referencesIn(literal(text))).toEqual([]);
  });

  test('any text does', () => {
    const pieces = fc.array(fc.oneof(fc.constantFrom('$', '%', '{', '}', '${', '%{', '$$', 'x.y'), fc.string({ maxLength: 4 })));
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(evaluate(literal(parts.join('')), nothing)).toBe(parts.join(''));
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});

describe('references', () => {
  const values: Record<string, Value> = { 'var.key': 'secret', 'a.b.id': 'id-1', 'a.b.ports[0].external': 8080, 'a.b.later': unknown };
  const resolve = (reference: (string | number)[]) => values[formatReference(reference)] ?? null;

  test('are found wherever they stand, in order', () => {
    const block = { list: ['x', '${a.b.id}'], deep: { text: 'at ${var.key}:${a.b.ports[0].external}' }, escaped: '$${a.c.id}', number: 1 };
    expect(referencesIn(block).map(formatReference)).toEqual(['a.b.id', 'var.key', 'a.b.ports[0].external']);
  });

  test.each<[string, unknown, Value]>([
    ['one alone keeps its type', '${a.b.ports[0].external}', 8080],
    ['in a text it is text', ':${a.b.ports[0].external}/', ':8080/'],
    ['two', '${var.key}${a.b.id}', 'secretid-1'],
    ['an unknown part makes all of it unknown', 'x-${a.b.later}', unknown],
    ['below lists and objects', { a: ['${a.b.id}', { b: '${var.key}' }] }, { a: ['id-1', { b: 'secret' }] }],
    ['numbers and null stay', { a: [1, true, null] }, { a: [1, true, null] }],
    ['the null of an output', '${null}', null],
  ])('%s', (_name, value, expected) => {
    expect(evaluate(value, resolve)).toEqual(expected);
  });

  test.each(['${upper("x")}', '${a.b + 1}', '${a.b[x]}', '${}'])('%s is an error that names it', (text) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ code: 'stack_invalid' }) as Error);
  });

  test('what is not there is an error, below an unknown all is unknown', () => {
    expect(follow({ ports: [{ external: 1 }] }, ['ports', 0, 'external'], ['a', 'b'])).toBe(1);
    expect(follow(unknown, ['ports', 0], ['a', 'b'])).toBe(unknown);
    expect(() => follow({ ports: [] }, ['ports', 0], ['a', 'b', 'ports', 0])).toThrow(/a\.b\.ports\[0\], which does not exist/);
  });
});
