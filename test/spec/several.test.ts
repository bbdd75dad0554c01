import { describe, expect, test } from 'vitest';
import { MayflyError, formatPlace } from '../../src/errors.js';
import { parseSpecs } from '../../src/spec/parse.js';
import { base, options } from './support.js';

const engine = 'engine: {image: alpine}\n';
const one = (name: string, more = '') => `name: ${name}\n${base}${engine}${more}`;
const names = (text: string) => parseSpecs(text, options).map(({ spec }) => spec.name);

function problems(text: string, more: object = {}): string[] {
  try {
    parseSpecs(text, { ...options, ...more });
  } catch (error) {
    if (error instanceof MayflyError) return error.problems.map(({ place, cause }) => `${formatPlace(place)}: ${cause}`);
    throw error;
  }
  return [];
}

describe('several specs in one text', () => {
  const texts: Record<string, [text: string, names: string[]]> = {
    one: [base + engine, ['ci']],
    'one after a mark': [`---\n${base}${engine}`, ['ci']],
    two: [`${one('a')}---\n${one('b')}`, ['a', 'b']],
    'with marks all around': [`---\n${one('a')}---\n${one('b')}---\n`, ['a', 'b']],
    'with comments alone between': [`# first\n---\n${one('a')}---\n# nothing here\n---\n${one('b')}...\n`, ['a', 'b']],
    'one, and nothing behind a mark': [`${base}${engine}---\n`, ['ci']],
    JSON: [JSON.stringify({ max_duration: 60, cpu: 1, memory: 6, storage: 0, engine: { image: 'a' } }), ['ci']],
  };
  test.for(Object.entries(texts))('%s', ([, [text, wanted]]) => expect(names(text)).toEqual(wanted));

  test('an empty text is as wrong as ever', () => {
    expect(problems('---\n---\n')).toEqual(['ci.yaml:1:1: the file is empty']);
  });

  test('every mistake has its place in the file and its worker', () => {
    const text = `${one('a', 'cpus: 3\n')}---\n${one('b').replace('memory: 256', 'memory: lots')}---\n${base}${engine}`;
    expect(problems(text)).toEqual([
      expect.stringMatching(/^ci\.yaml:7:1 a: cpus: /),
      expect.stringMatching(/^ci\.yaml:12:1 b: memory: must be a whole number/),
      'ci.yaml:16:1 document 3: name: is required where a file holds several workers',
    ]);
  });

  test('broken YAML in one does not hide the others', () => {
    expect(problems(`${one('a', 'tags: [a\n')}---\n${one('b', 'cpus: 3\n')}`)).toEqual([
      expect.stringMatching(/^ci\.yaml:8:1 .*: .*closed/),
      expect.stringMatching(/^ci\.yaml:15:1 b: cpus: /),
    ]);
  });

  test('a name given twice is told with both places', () => {
    expect(problems(`${one('a')}---\n# again\n${one('a')}`)).toEqual([
      'ci.yaml:9:1 a: name: two workers in this file have the same name: the first is at ci.yaml:1:1',
    ]);
  });

  test('one name for all is an error', () => {
    expect(problems(`${one('a')}---\n${one('b')}`, { name: 'c' })).toEqual(['--name: ci.yaml holds 2 workers, but --name names one']);
  });

  test('warnings name their worker too', () => {
    const text = `${one('a')}---\n${one('b', 'version: "0.11"\n')}`;
    expect(parseSpecs(text, options).flatMap(({ warnings }) => warnings.map(({ place }) => formatPlace(place)))).toEqual([
      'ci.yaml:14:1 b: version',
    ]);
  });
});
