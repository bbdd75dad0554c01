import { describe, expect, test } from 'vitest';
import { interpolate, retyped } from '../../src/spec/interpolate.js';
import { parseSpec } from '../../src/spec/parse.js';
import { base, failure, options } from './support.js';

describe('texts', () => {
  const env = { A: 'one', B: '${env:A}', EMPTY: '' };
  const cases: Record<string, [text: string, result: string, from: string[]]> = {
    'a whole text': ['${env:A}', 'one', ['A']],
    'within a text': ['x-${env:A}-y', 'x-one-y', ['A']],
    several: ['${env:A}${env:A}', 'oneone', ['A', 'A']],
    'a default': ['${env:NONE:-two}', 'two', []],
    'an empty default': ['${env:NONE:-}', '', []],
    'a default with dashes': ['${env:NONE:-a:-b}', 'a:-b', []],
    'a default that is a reference': ['${env:NONE:-${env:A}}', 'one', ['A']],
    'defaults of defaults': ['${env:NONE:-${env:EMPTY:-${env:GONE:-x}}} ${env:A}', 'x one', ['A']],
    'a default with braces': ['${env:NONE:-a${b}c}', 'a${b}c', []],
    'set before default': ['${env:A:-two}', 'one', ['A']],
    'empty takes the default': ['${env:EMPTY:-two}', 'two', []],
    'empty without a default': ['${env:EMPTY}', '', ['EMPTY']],
    escaped: ['$${env:A}', '${env:A}', []],
    'escaped beside another': ['$${env:A} ${env:A}', '${env:A} one', ['A']],
    'values are not read again': ['${env:B}', '${env:A}', ['B']],
    'other references stay': ['${HOME} $HOME $$ ${env:A}', '${HOME} $HOME $$ one', ['A']],
  };
  test.each(Object.entries(cases))('%s', (_name, [text, result, from]) => {
    expect(interpolate(text, env)).toMatchObject({ text: result, from, problems: [] });
  });

  test('what a default needs and has not is the problem', () => {
    const { problems, text } = interpolate('x ${env:NONE:-${env:GONE}}', env)!;
    expect(problems.map(({ index, cause }) => [index, cause])).toEqual([[2, 'the variable GONE is not set']]);
    expect(text).toBe('x ${env:NONE:-${env:GONE}}');
  });

  test('a text without references is left alone', () => {
    expect(interpolate('${HOME} and $PATH', env)).toBeNull();
  });
});

describe('retyped', () => {
  const cases: [text: string, value: unknown][] = [
    ['512', 512],
    [' 512 ', 512],
    ['-1.5e3', -1500],
    ['true', true],
    ['false', false],
    ['', null],
    ['~', null],
    ['5s', '5s'],
    ['0x10', '0x10'],
  ];
  test.each(cases)('%j', (text, value) => {
    expect(retyped(text)).toBe(value);
  });
});

test('a whole reference becomes what the field wants', () => {
  const env = { MEM: '512', TLS: 'false', VERSION: '1.10', NAME: 'from-env' };
  const text = `max_duration: \${env:DURATION:-60}
cpu: "\${env:CPU:-250}"
memory: \${env:MEM}
storage: 10
name: \${env:NAME}
arch: \${env:ARCH:-}
engine: {image: "alpine:\${env:VERSION}", port: "\${env:PORT:-8080}", env: {V: "\${env:VERSION}", P: "\${env:PORT:-8080}"}}
access: {tls: "\${env:TLS}"}
`;
  const { spec } = parseSpec(text, { ...options, env });
  expect(spec).toMatchObject({ name: 'from-env', max_duration: 60, cpu: 250, memory: 512, arch: null, access: { tls: false } });
  expect(spec.engine).toMatchObject({ image: 'alpine:1.10', port: 8080, env: { V: '1.10', P: '8080' } });
});

test('keys are not replaced', () => {
  const error = failure(`${base}"\${env:KEY}": 1\n`, { env: { KEY: 'name' } });
  expect(error.message).toBe('unknown key "${env:KEY}"');
});

test('a failed reference is told once, and nothing else of its field', () => {
  const error = failure(base.replace('256', '${env:MEM}'));
  expect(error.problems.map(({ cause }) => cause)).toEqual(['the variable MEM is not set']);
});

test("JSON's strings take references too", () => {
  expect(
    parseSpec('{"max_duration": 1, "cpu": 1, "memory": "${env:MEM}", "storage": 0}', { ...options, env: { MEM: '64' } }).spec.memory,
  ).toBe(64);
});
