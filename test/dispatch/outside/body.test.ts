import { expect, test } from 'vitest';
import { parseBody } from '../../../src/dispatch/outside/body.js';
import { MayflyError } from '../../../src/errors.js';

function fault(text: string): string {
  try {
    parseBody(text);
  } catch (error) {
    if (error instanceof MayflyError) return `${error.code} ${error.place?.path}: ${error.message}; ${error.remedy}`;
    throw error;
  }
  return '';
}

test('a text of JSON is its value; quotes, colons and braces in strings are no keys', () => {
  expect(parseBody('{"a": {"b": 1}, "c": [{"b": 2}, "\\"b\\": \\\\"], "d": "{\\"a\\": 1, \\"a\\": 2}"}')).toEqual({
    a: { b: 1 },
    c: [{ b: 2 }, '"b": \\'],
    d: '{"a": 1, "a": 2}',
  });
  expect(parseBody('[]')).toEqual([]);
});

test.each([
  ['{"a": 1, "a": 1}', 'a'],
  ['{"spec": {"image": "allowed", "image" : "other"}}', 'image'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"__proto__": 1, "__proto__": 2}', '__proto__'],
  ['{"a": {"b": 1, "b": 1}, "c": {"b": 2}}', 'b'],
  [`{"${'k'.repeat(100)}": 1, "${'k'.repeat(100)}": 1}`, 'k'.repeat(60)],
])('%s has a key twice', (text, key) => {
  expect(fault(text)).toBe(`spec_unreadable body: has the key "${key}" twice in one object; remove one of the two`);
});

test('a text that is no JSON is refused without a word of it', () => {
  expect(fault('{"password": "hunter2"')).toBe('spec_unreadable body: is not JSON; send a JSON object');
});

test('a large or deep text is read without a stack overflow', () => {
  expect(fault(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toBe('');
  expect(fault(`["${'\\n'.repeat(2_000_000)}", ${'1,'.repeat(500_000)} 1]`)).toBe('');
});
