import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { fileOf, workerSpec } from '../../spec/arbitrary.js';
import { joinSecrets, splitSecrets } from '../../../src/dispatch/outside/secrets.js';
import { load } from './support.js';

vi.setConfig({ testTimeout: 60_000 });

// fast-check prints the seed of a failure; give it here to run it again.
const seed = { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()) };

test('secrets are kept by their JSON Pointers', () => {
  const spec = {
    max_duration: 60,
    mode: 'distributed',
    engine: { image: 'alpine', env: { A: 'one', B: 2 }, command: ['echo', 'shown'] },
    containers: [{ name: 'box', pull_secret: '{"username":"u","password":"p"}', files: [{ to: '/a', content: 'three' }], env: null }],
  };
  const split = splitSecrets(spec);
  expect(split).toEqual({
    public: {
      max_duration: 60,
      mode: '(secret)',
      engine: { image: 'alpine', env: { A: '(secret)', B: '(secret)' }, command: ['echo', 'shown'] },
      containers: [{ name: 'box', pull_secret: '(secret)', files: [{ to: '/a', content: '(secret)' }], env: null }],
    },
    secrets: {
      '/mode': 'distributed',
      '/engine/env/A': 'one',
      '/engine/env/B': 2,
      '/containers/0/pull_secret': '{"username":"u","password":"p"}',
      '/containers/0/files/0/content': 'three',
    },
  });
  expect(joinSecrets(split)).toEqual(spec);
});

test('names with the signs of a JSON Pointer are kept apart', () => {
  const spec = { engine: { env: { 'a/b': '1', 'a~1b': '2', '~': '3' } } };
  expect(Object.keys(splitSecrets(spec).secrets)).toEqual(['/engine/env/a~1b', '/engine/env/a~01b', '/engine/env/~0']);
  expect(joinSecrets(splitSecrets(spec))).toEqual(spec);
});

/** Replaces each text at a secret place by a text that is nowhere else. */
function marked(value: unknown): { spec: unknown; marks: string[] } {
  const marks: string[] = [];
  const mark = () => marks[marks.push(`mark-${marks.length}-"é\\`) - 1];
  const walk = (one: unknown, path: string): unknown => {
    if (Array.isArray(one)) return one.map((item) => walk(item, path));
    if (typeof one === 'object' && one !== null) {
      return Object.fromEntries(Object.entries(one).map(([name, item]) => [name, walk(item, `${path}.${name}`)]));
    }
    return one !== null && /^\.mode|\.env\.|\.content$|\.pull_secret$/.test(path) ? mark() : one;
  };
  return { spec: walk(value, ''), marks };
}

test('a spec that is split and joined is the same, and its public part has no secret', () => {
  fc.assert(
    fc.property(workerSpec, (worker) => {
      const { spec, marks } = marked(fileOf(worker));
      const split = splitSecrets(spec);
      expect(joinSecrets(JSON.parse(JSON.stringify(split)) as typeof split)).toEqual(spec);
      const shown = JSON.stringify(split.public);
      const found = marks.filter((one) => shown.includes(JSON.stringify(one).slice(1, -1)));
      expect(found).toEqual([]);
      expect(Object.keys(split.secrets).length).toBeLessThanOrEqual(marks.length);
      expect(marks.every((one) => JSON.stringify(split.secrets).includes(JSON.stringify(one).slice(1, -1)))).toBe(true);
    }),
    { ...seed, numRuns: 200 },
  );
});

test('a spec that is read, split, joined and read again makes the same worker', () => {
  const first = load({
    max_duration: 60,
    engine: { image: 'alpine', env: { A: '$${env:B}' }, files: [{ to: '/a', content: 'x' }] },
    mode: 'm',
  });
  expect(first.spec.engine?.env).toEqual({ A: '${env:B}' });
  expect(load(joinSecrets(first)).spec).toEqual(first.spec);
});
