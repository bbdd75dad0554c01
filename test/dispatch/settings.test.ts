import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import { nothingAllowed } from '../../src/dispatch/outside/rules.js';
import { defaultDispatchSettings } from '../../src/dispatch/settings.js';
import { withSettingsTable } from '../../src/dispatch/settings/docs.js';
import { nodesOf } from '../../src/dispatch/settings/nodes.js';
import { parseServeSettings, type ServeSettings } from '../../src/dispatch/settings/parse.js';
import { kinds } from '../../src/runtime/service-nodes.js';

const parse = (value: unknown): ServeSettings => parseServeSettings({ file: 'm.yaml', value }, kinds);

function problemsOf(value: unknown): string[] {
  try {
    parse(value);
    return [];
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    return error.problems.map(({ place, cause, remedy }) => `${place?.file} ${place?.path} ${cause}; ${remedy}`);
  }
}

test('without settings all have their defaults', () => {
  expect(parse({})).toEqual({ nodes: null, organisations: new Map(), hosts: [], dispatch: defaultDispatchSettings });
});

test('settings are read with their units', () => {
  const { nodes, organisations, hosts, dispatch } = parse({
    nodes: [
      { name: 'docker', backend: 'docker' },
      { name: 'build-2', backend: 'docker', endpoint: 'ssh://build-2', capacity: { cpu: 8000, memory: '16GB' }, labels: { disk: 'fast' } },
      { name: 'paris', backend: 'aws', region: 'eu-west-3', largest: { memory: '8Gi', storage: 500 }, allow: { exposed: true } },
    ],
    organisations: {
      ci: {
        most: { cpu: '500m', memory: '1GB', workers: 3 },
        guaranteed: { cpu: 250, memory: '512MB' },
        max_duration: '1h30m',
        rate: { per_minute: 60, burst: 5 },
        allow: { images: ['alpine:*'] },
        budget: { usd: 12.5, period: 'month' },
      },
      docs: { rate: { per_minute: 7 } },
    },
    hosts: ['mayfly.example.com'],
    ...{
      attempts: 5,
      min_retry_period: '1m',
      max_retry_period: 600,
      margin: '3m',
      poll_period: '500ms',
      batch: 10,
      depth: 2,
      making: 4,
      most_waiting: 50,
      task_outputs: '3MB',
    },
    retention: '7d',
    expiring: '90s',
    webhooks: { networks: ['10.0.0.0/8'], http: true, retention: '2d' },
    results: {
      ...{ directory: '/var/lib/results', output: '2MB', artifacts: '3MB', files: 10, total: 4, retention: '1d', tries: 3 },
      publish: { bucket: { endpoint: 'https://s3.example.com', name: 'results', region: 'eu-west-1', prefix: 'ci/runs' } },
    },
  });
  expect(nodes).toEqual([
    {
      name: 'docker',
      settings: {},
      asUser: false,
      functions: false,
      terms: { capacity: {}, largest: {}, labels: {} },
      allow: nothingAllowed,
    },
    {
      ...{ name: 'docker@build-2', settings: { endpoint: 'ssh://build-2' }, asUser: false, functions: false, allow: nothingAllowed },
      terms: { capacity: { cpu: 8000, memory: 16_384 }, largest: {}, labels: { disk: 'fast' } },
    },
    {
      ...{
        name: 'aws@paris',
        settings: { region: 'eu-west-3' },
        asUser: false,
        functions: false,
        allow: { ...nothingAllowed, exposed: true },
      },
      terms: { capacity: {}, largest: { memory: 8192, storage: 500 }, labels: {} },
    },
  ]);
  expect([...organisations]).toEqual([
    [
      'ci',
      {
        allow: { ...nothingAllowed, images: [['alpine:*']] },
        most: { cpu: 500, memory: 1024, workers: 3 },
        guaranteed: { cpu: 250, memory: 512 },
        maxDuration: 5400,
        rate: { perMinute: 60, burst: 5 },
        budget: 12_500_000,
      },
    ],
    ['docs', { allow: nothingAllowed, most: {}, guaranteed: {}, maxDuration: null, rate: { perMinute: 7, burst: 7 }, budget: null }],
  ]);
  expect(hosts).toEqual(['mayfly.example.com']);
  expect(dispatch).toEqual({
    ...{
      attempts: 5,
      minRetryPeriod: 60_000,
      maxRetryPeriod: 600_000,
      settling: 10_000,
      fenceMargin: 180_000,
      pollPeriod: 500,
      batch: 10,
      depth: 2,
      bidLife: 60_000,
      making: 4,
      mostWaiting: 50,
      taskOutputs: 3_145_728,
    },
    retention: 604_800_000,
    expiring: 90_000,
    webhooks: { networks: ['10.0.0.0/8'], http: true, retention: 172_800_000 },
    results: {
      ...{
        directory: '/var/lib/results',
        output: 2_097_152,
        artifacts: 3_145_728,
        files: 10,
        total: 4_194_304,
        retention: 86_400_000,
        tries: 3,
      },
      publish: { bucket: { endpoint: 'https://s3.example.com', name: 'results', region: 'eu-west-1', prefix: 'ci/runs' } },
    },
  });
});

test('all problems at once, each with its file, path and remedy', () => {
  expect(
    problemsOf({
      nodes: [
        { name: 'docker', backend: 'docker', endpont: 'unix:///x', largest: { memory: 'lots' } },
        { name: 'a b', backend: 'vm' },
      ],
      organisations: { ci: { mots: {}, most: { workers: 0 } }, 'not a name': {} },
      atempts: 3,
      poll_period: '1ms',
      batch: 'many',
    }),
  ).toEqual([
    'm.yaml serve.nodes[0].largest.memory must be a whole number of MB from 1, or a text such as 8GB; see docs/serve.md',
    'm.yaml serve.nodes[0].endpont is not a setting; did you mean endpoint?',
    'm.yaml serve.nodes[1].backend must be a node with a `backend` of docker, process, aws; see docs/serve.md',
    'm.yaml serve.organisations.ci.most.workers must be a whole number from 1 to 100000; see docs/serve.md',
    'm.yaml serve.organisations.ci.mots is not a setting; did you mean most?',
    'm.yaml serve.organisations["not a name"] must be 1 to 63 of a-z, 0-9 and -; see docs/serve.md',
    'm.yaml serve.poll_period must be a duration of at least 100ms, such as 15m; see docs/serve.md',
    'm.yaml serve.batch must be a whole number from 1 to 10000; see docs/serve.md',
    'm.yaml serve.atempts is not a setting; did you mean attempts?',
  ]);
});

test.each([
  [{ nodes: [] }, 'm.yaml serve.nodes must have a node; see docs/serve.md'],
  [[], 'm.yaml serve must be a mapping; see docs/serve.md'],
  [
    {
      nodes: [
        { name: 'docker', backend: 'docker' },
        { name: 'docker', backend: 'docker' },
      ],
    },
    'm.yaml serve.nodes has the node docker twice; name each node differently',
  ],
  [{ results: { publish: {} } }, 'm.yaml serve.results.publish must have either `directory` or `bucket`; see docs/serve.md'],
  [{ results: { directory: 'results' } }, 'm.yaml serve.results.directory must be an absolute path; see docs/serve.md'],
])('%j is refused', (value, problem) => {
  expect(problemsOf(value)).toEqual([problem]);
});

test('processes are nodes only where they are named or the command line asks for them', () => {
  const docker = { name: 'docker', settings: {}, asUser: false };
  const processes = { name: 'process', settings: {}, asUser: true };
  const named = parse({ nodes: [{ name: 'build-2', backend: 'docker' }] }).nodes;
  const shown = (nodes: ReturnType<typeof nodesOf>) => nodes.map(({ name, allow }) => [name, allow.processes]);
  expect(shown(nodesOf(null, [docker]))).toEqual([['docker', false]]);
  expect(shown(nodesOf(null, [docker, processes]))).toEqual([
    ['docker', false],
    ['process', true],
  ]);
  expect(shown(nodesOf(named, [docker]))).toEqual([['docker@build-2', false]]);
  expect(shown(nodesOf(named, [docker, processes]))).toEqual([
    ['docker@build-2', false],
    ['process', true],
  ]);
  const own = parse({ nodes: [{ name: 'process', backend: 'process' }] }).nodes;
  expect(shown(nodesOf(own, [docker, processes]))).toEqual([['process', false]]);
});

test('docs/serve.md has a row for each setting', async () => {
  const page = await readFile(new URL('../../docs/serve.md', import.meta.url), 'utf8');
  expect(withSettingsTable(page, kinds)).toBe(page);
  expect(page).toContain('| `serve.nodes[].endpoint` |  | of a node of docker: an address such as unix:///var/run/docker.sock |');
  expect(page).toContain('| `serve.retention` | `30d` | how long finished runs are kept |');
  expect(() => withSettingsTable('# no place\n', kinds)).toThrow(/no place for the settings/);
});
