import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { workerSpec } from '../../spec/arbitrary.js';
import type { ContainerSpec, EngineSpec, WorkerSpec } from '../../../src/spec/worker-spec.js';
import { joinSecrets, splitSecrets } from '../../../src/dispatch/outside/secrets.js';
import { outsideTable } from '../../../src/dispatch/outside/table.js';
import { faultsOf, load } from './support.js';

vi.setConfig({ testTimeout: 60_000 });

// fast-check prints the seed of a failure; give it here to run it again.
const seed = { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()) };

const login = '{"username":"u","password":"four"}';

test('secrets are apart by their JSON Pointers; names stay', () => {
  const { spec } = load({
    max_duration: 60,
    mode: { distribution_secret_key: { key: 'one' } },
    engine: { image: 'alpine', env: { A: 'two', 'b.c': 3 }, command: ['echo', 'shown'] },
    containers: [{ name: 'box', image: 'busybox', pull_secret: login, files: [{ to: '/a', content: 'five' }] }],
    service_containers: [{ name: 'db', image: 'postgres', env: { PGPASSWORD: 'six' } }],
  });
  const { shown, secrets } = splitSecrets(spec);
  expect(secrets).toEqual({
    '/self_key': 'one',
    '/engine/env/A': 'two',
    '/engine/env/b.c': '3',
    '/containers/0/files/0/content': 'Zml2ZQ==',
    '/containers/0/pull_secret/json': login,
    '/service_containers/0/env/PGPASSWORD': 'six',
  });
  expect(shown).toMatchObject({
    self_key: '(secret)',
    engine: { env: { A: '(secret)', 'b.c': '(secret)' }, secret_env: ['A', 'b.c'], command: ['echo', 'shown'] },
    containers: [{ pull_secret: { from: 'inline', json: '(secret)' }, files: [{ to: '/a', content: '(secret)' }] }],
    service_containers: [{ env: { PGPASSWORD: '(secret)' } }],
  });
  expect(JSON.stringify(shown)).not.toMatch(/one|two|four|five|Zml2ZQ|six/);
});

test('an idle engine has the pull secret of the first container, which is apart too', () => {
  const { spec } = load({ max_duration: 60, engine: 'idle', containers: [{ name: 'box', image: 'busybox', pull_secret: login }] });
  expect(splitSecrets(spec).secrets).toEqual({ '/engine/pull_secret/json': login, '/containers/0/pull_secret/json': login });
});

test('names with the signs of a JSON Pointer are apart', () => {
  const { spec } = load({ max_duration: 60, engine: { image: 'alpine' } });
  const odd = { ...spec, engine: { ...spec.engine!, env: { 'a/b': '1', 'a~1b': '2', '~': '3' } } };
  expect(splitSecrets(odd).secrets).toEqual({ '/engine/env/a~1b': '1', '/engine/env/a~01b': '2', '/engine/env/~0': '3' });
  expect(joinSecrets(splitSecrets(odd))).toEqual(odd);
});

test('the table names these fields as secrets', () => {
  const named = Object.entries(outsideTable).flatMap(([section, rows]) =>
    Object.entries(rows).flatMap(([key, { says }]) => (says.includes('secret') ? [`${section}.${key}`] : [])),
  );
  expect(named).toEqual([
    'top.mode',
    ...['engine', 'containers[]', 'service_containers[]'].flatMap((part) => [`${part}.env`, `${part}.pull_secret`]),
    'files[].content',
  ]);
});

/** Puts a text that is nowhere else in each secret place. */
function marked(spec: WorkerSpec): { spec: WorkerSpec; marks: string[] } {
  const marks: string[] = [];
  const mark = () => marks[marks.push(`mark-${marks.length}-é-"\\`) - 1]!;
  const inPart = <T extends EngineSpec | ContainerSpec>(part: T): T => ({
    ...part,
    env: Object.fromEntries(Object.keys(part.env).map((name) => [name, mark()])),
    files: part.files.map((file) => ({ ...file, content: mark() })),
    pull_secret: part.pull_secret?.from === 'inline' ? { from: 'inline', json: mark() } : part.pull_secret,
  });
  return {
    spec: {
      ...spec,
      self_key: spec.self_key === null ? null : mark(),
      engine: spec.engine && inPart(spec.engine),
      containers: spec.containers.map(inPart),
      service_containers: spec.service_containers.map(inPart),
    },
    marks,
  };
}

test('a spec that is split, stored as JSON and joined is the same, and its shown part has no secret', () => {
  fc.assert(
    fc.property(workerSpec, (any) => {
      const { spec, marks } = marked(any);
      const split = splitSecrets(spec);
      expect(joinSecrets(JSON.parse(JSON.stringify(split)) as typeof split)).toEqual(spec);
      expect(Object.values(split.secrets).toSorted()).toEqual(marks.toSorted());
      expect(JSON.stringify(split.shown)).not.toContain('mark-');
    }),
    { ...seed, numRuns: 200 },
  );
});

test.each([
  { env: 'mark' },
  { env: ['A=mark'] },
  { env: { A: { b: 'mark' } } },
  { env: { A: ['mark'] } },
  { env: { 'A=mark': 1 } },
  { env: { A: 'mark\0' } },
  { env: { A: '${env:mark}' } },
  { env: { A: 'mark'.repeat(40_000) } },
  { pull_secret: 'mark' },
  { pull_secret: '{"password": "mark"' },
  { pull_secret: '{"credsStore": "mark"}' },
  { pull_secret: { password: 'mark' } },
  { files: [{ to: '/a', content: ['mark'] }] },
  { files: [{ to: '/a', content: { a: 'mark' } }] },
  { files: 'mark' },
])('the faults of an engine with %j do not show the secret', (part) => {
  expect(faultsOf({ max_duration: 60, engine: { image: 'alpine', ...part } }).join('\n')).toMatch(/^engine\.(?!.*mark)/s);
});

test.each([['mark'], { distribution_secret_key: 'mark' }, { distribution_secret_key: { key: ['mark'] } }])(
  'the faults of the mode %j do not show the secret',
  (mode) => {
    expect(faultsOf({ max_duration: 60, engine: { image: 'alpine' }, mode }).join('\n')).toMatch(/^mode(?!.*mark)/s);
  },
);
