import { describe, expect, test } from 'vitest';
import { everyCpu, ownLimits } from '../../src/spec/cpu-limit.js';
import { parseSpec } from '../../src/spec/parse.js';
import { failure, options } from './support.js';

const sizes = 'max_duration: 60\ncpu: 500\nmemory: 256\nstorage: 100\n';
const engine = 'engine: {image: alpine}\n';
const box = (more: string) => `containers: [{name: box, image: busybox, cpu: 200, memory: 64, storage: 0${more}}]\n`;
const request = `version: 0.11.0\naccess: {tls: false}\n`;

describe('cpu is a share, or a limit', () => {
  test.each<[string, string, ReturnType<typeof everyCpu>]>([
    [
      'a spec with an engine of its own has shares',
      engine + box(''),
      [
        { name: 'engine', share: 500, limit: null },
        { name: 'box', share: 200, limit: null },
      ],
    ],
    [
      'a limit is beside the share',
      `${engine}cpu_limit: 1000\n${box(', cpu_limit: 200')}`,
      [
        { name: 'engine', share: 500, limit: 1000 },
        { name: 'box', share: 200, limit: 200 },
      ],
    ],
    [
      'a request has limits',
      request + box(''),
      [
        { name: 'engine', share: null, limit: 500 },
        { name: 'box', share: null, limit: 200 },
      ],
    ],
    [
      'a request may set its own',
      `${request}cpu_limit: none\n${box(', cpu_limit: 300')}`,
      [
        { name: 'engine', share: 500, limit: null },
        { name: 'box', share: 200, limit: 300 },
      ],
    ],
  ])('%s', (_, text, terms) => {
    expect(everyCpu(parseSpec(sizes + text, options).spec)).toEqual(terms);
  });

  test('limits that the spec sets itself', () => {
    const own = (text: string) => ownLimits(parseSpec(sizes + text, options).spec);
    expect(own(`${engine}cpu_limit: none\n${box(', cpu_limit: 300')}`)).toEqual([{ name: 'box', limit: 300 }]);
    expect(own(request + box(''))).toEqual([]);
  });
});

describe('a limit that cannot be', () => {
  const problem = (text: string) => {
    const [{ place, cause, remedy } = { place: undefined, cause: '', remedy: '' }] = failure(sizes + text).problems;
    return [`${place?.line}:${place?.column} ${place?.path}`, cause, remedy];
  };

  test('less than the cpu of the engine', () => {
    expect(problem(`${engine}cpu_limit: 499\n`)).toEqual([
      '6:1 cpu_limit',
      'is less than the cpu that is asked for: see cpu on line 2',
      'raise it, ask for less cpu, or write `cpu_limit: none`',
    ]);
  });

  test('less than the cpu of a container', () => {
    expect(problem(engine + box(', cpu_limit: 199'))[1]).toBe('is less than the cpu that is asked for: see containers[0].cpu on line 6');
  });

  test('less than the default', () => {
    const [problem] = failure('max_duration: 60\nengine: idle\ncontainers: [{name: box, image: busybox, cpu_limit: 499m}]\n').problems;
    expect(problem?.cause).toBe('is less than the cpu that is asked for (500 by default)');
  });

  test('neither a number nor none', () => {
    expect(problem(`${engine}cpu_limit: some\n`)).toEqual([
      '6:1 cpu_limit',
      'must be none, or a whole number of millicores, got "some"',
      'did you mean none?',
    ]);
    expect(problem(`${engine}cpu_limit: 0\n`).slice(1)).toEqual([
      'must be at least 1 millicores, got 0',
      expect.stringMatching(/^write for example `cpu_limit: 2000`/),
    ]);
    expect(problem(`${engine}cpu_limit: 2.5\n`)[2]).toBe('write `cpu_limit: 2500`, in millicores');
  });
});
