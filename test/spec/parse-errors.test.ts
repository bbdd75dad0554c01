import { describe, expect, test } from 'vitest';
import { formatPlace } from '../../src/errors.js';
import { badContainers } from './bad-containers.js';
import { badFields } from './bad-fields.js';
import { badRules } from './bad-rules.js';
import { badTexts } from './bad-texts.js';
import { base, failure } from './support.js';

const cases = { ...badTexts, ...badFields, ...badContainers, ...badRules };

describe('bad specs', () => {
  test.each(Object.entries(cases))('%s', (_name, { text, at, cause, remedy, options }) => {
    const error = failure(text, options);
    expect(error.code).toBe('spec_invalid');
    const file = options?.file ?? 'ci.yaml';
    expect(error.problems.map((problem) => [formatPlace(problem.place), problem.cause])).toEqual([
      [`${file}:${at}`, expect.stringMatching(cause)],
    ]);
    expect(error.problems[0]?.remedy).toMatch(remedy ?? /\S/);
  });

  test('there are enough of them, and each is another one', () => {
    expect(Object.keys(cases).length).toBeGreaterThanOrEqual(45);
    expect(new Set(Object.values(cases).map(({ text, options }) => text + JSON.stringify(options))).size).toBe(Object.keys(cases).length);
  });
});

test("all of a file's mistakes are told at once, in the order of the file", () => {
  const error = failure(
    [
      'max_duration: 0',
      'cpu: 500',
      'memory: lots',
      'storage: 10',
      'colour: red',
      'containers:',
      '  - name: box',
      '    image: busybox',
      '    cpu: 100',
      '    memory: ${env:NOPE}',
      '    mounts: [{name: nowhere, mount_point: /a}]',
      '  - name: box',
      '    image: busybox',
      '    cpu: many',
      '    memory: 64',
      '    memory: 65',
      '    storage: 64',
      'volumes: [{name: work, storage: 11}]',
    ].join('\n'),
  );
  expect(error.problems.map(({ place }) => `${place?.line}:${place?.column} ${place?.path}`)).toEqual(
    [
      '1:1 max_duration',
      '3:1 memory',
      '4:1 storage',
      '5:1 colour',
      '10:13 containers[0].memory',
      '11:15 containers[0].mounts[0].name',
      '12:5 containers[1].name',
      '14:5 containers[1].cpu',
      '16:5 containers[1].memory',
      '18:24 volumes[0].storage',
    ].filter((line) => !line.startsWith('18')),
  );
  expect(error.place).toEqual(error.problems[0]?.place);
});

test('a mistake behind an alias is told where it is written', () => {
  const text = `${base}containers:\n  - &one {name: a, image: b, cpu: 1, memory: 5, storage: 0}\n  - {<<: *one, name: c}\n`;
  expect(failure(text).problems.map(({ place }) => formatPlace(place))).toEqual([
    'ci.yaml:6:38 containers[0].memory',
    'ci.yaml:6:38 containers[1].memory',
  ]);
});

describe('hostile texts are refused quickly', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghij'.split('').map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`),
  ].join('\n');
  const hostile: Record<string, [text: string, cause: RegExp]> = {
    'alias bomb': [bomb, /aliases expand to too many values/],
    brackets: ['['.repeat(1_000_000), /nested too deeply/],
    dashes: ['- '.repeat(400_000), /nested too deeply/],
    'closing brackets': [']'.repeat(1_000_000), /too large/],
    lines: [Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n'), /too large/],
  };
  test.each(Object.entries(hostile))('%s', (_name, [text, cause]) => {
    const started = performance.now();
    expect(failure(text).problems[0]?.cause).toMatch(cause);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
