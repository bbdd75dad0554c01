import { expect, test } from 'vitest';
import { generatedJson } from '../../src/spec/generated-json.js';
import { failure } from './support.js';

test.each([
  ['compact', '{"a":1,"b":["x",null,true]}'],
  ['indented by two', '{\n  "a": 1\n}\n'],
  ['indented by four', '{\n    "a": 1\n}'],
])('taken: %s', (_, text) => {
  expect(generatedJson(text)).toEqual(JSON.parse(text));
});

test.each([
  ['a key twice', '{"a":1,"a":1}'],
  ['a number in another spelling', '{"a":1.10}'],
  ['a comment', '{"a":1} # one'],
  ['spaces of a person', '{ "a": 1 }'],
  ['YAML', 'a: 1'],
  ['a list', '[1]'],
  ['cut short', '{"a":'],
])('left to the parser that knows positions: %s', (_, text) => {
  expect(generatedJson(text)).toBeUndefined();
});

test('a mistake in what a program wrote still has its place', () => {
  const text = JSON.stringify({ max_duration: 60, cpu: 'lots', memory: 64, storage: 1 }, null, 2);
  expect(failure(text).problems.map(({ place }) => place)).toEqual([{ file: 'ci.yaml', line: 3, column: 3, path: 'cpu' }]);
});
