import { describe, expect, test } from 'vitest';
import { formatPlace } from '../../src/errors.js';
import { parseSpec } from '../../src/spec/parse.js';
import { lifetime, totals, type WorkerSpec } from '../../src/spec/worker-spec.js';
import { base, options, request } from './support.js';
import { asImage } from '../support/as-image.js';

const spec = (text: string, more = {}): WorkerSpec => parseSpec(text, { ...options, ...more }).spec;

const minimal: WorkerSpec = {
  name: 'ci',
  max_duration: 60,
  create_timeout: 600,
  cpu: 500,
  cpu_limit: null,
  ports: [],
  memory: 256,
  storage: 100,
  arch: null,
  backend: null,
  engine: null,
  melodium: { version: null, image: null },
  volumes: [],
  caches: [],
  containers: [],
  service_containers: [],
  artifacts: [],
  collect_grace: 10,
  copy: [],
  retain: null,
  access: { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
  max_cost: null,
  tags: [],
  id: null,
  organization_id: null,
  parent_id: null,
  group_id: null,
  self_key: null,
};

test('the defaults', () => {
  expect(parseSpec(base, options)).toEqual({ spec: minimal, warnings: [] });
});

test('which values came from the environment is kept by name', () => {
  const text = `${base}engine: {image: a, env: {TOKEN: "x-\${env:SECRET}", PLAIN: y, OWN: "\${env:UNSET:-z}"}}
containers: [{name: c, image: a, cpu: 1, memory: 6, storage: 0, env: {KEY: "\${env:SECRET}"}}]
`;
  const { spec: parsed } = parseSpec(text, { ...options, env: { SECRET: 's' } });
  expect(parsed.engine).toMatchObject({ env: { TOKEN: 'x-s', PLAIN: 'y', OWN: 'z' }, secret_env: ['TOKEN'] });
  expect(parsed.containers[0]!.secret_env).toEqual(['KEY']);
});

test('null means absent for every optional field', () => {
  const optional = Object.keys(minimal).filter(
    (key) => !['max_duration', 'cpu', 'memory', 'storage', 'artifacts', 'self_key', 'melodium'].includes(key),
  );
  const fields = [...optional, 'mode', 'version', 'edition', 'os', 'image', 'config', 'local_exec', '$schema'];
  expect(spec(base + fields.map((field) => `${field}: null\n`).join(''))).toEqual(minimal);
});

test('a Mélodium request from stdin, named by argument', () => {
  const result = parseSpec(request, { ...options, file: '<stdin>', defaultName: undefined, name: 'steps' });
  expect(result).toEqual({
    warnings: [],
    spec: {
      ...minimal,
      name: 'steps',
      melodium: { version: '0.11.0', image: 'quay.io/melodium/melodium:0.11.0-alpine-docker' },
      max_duration: 120,
      storage: 512,
      arch: 'amd64',
      volumes: [{ name: 'share', storage: 16, medium: 'disk' }],
      containers: [
        {
          name: 'box',
          image: 'busybox:local',
          command: null,
          env: {},
          cpu: 100,
          cpu_limit: null,
          memory: 64,
          storage: 64,
          mounts: [{ name: 'share', mount_point: '/mnt/share' }],
          sources: [],
          healthcheck: null,
          once: false,
          ...asImage,
          secret_env: [],
          pull_secret: null,
        },
      ],
      tags: ['holdout', 'steps'],
      group_id: '847d3348-5ef1-487d-86a2-2e280bcbe04f',
      parent_id: '4ce8927e-55e3-4841-afbb-c56d1c70c2ba',
      self_key: '73c28ee9-58c0-4afe-9a3e-f2881b781d31',
    },
  });
  expect(totals(result.spec)).toEqual({ cpu: 600, memory: 320, storage: 560 });
  expect(lifetime(result.spec)).toBe(720);
});

test('a full spec', () => {
  const text = `
name: full
${base}arch: arm64
backend: docker
engine:
  image: alpine:3.20
  command: httpd -f
  entrypoint: ' /usr/bin/env  VERSION=1.10 '
  shm_size: 128Mi
  port: 8080
  env: {VERSION: 1.10, DEBUG: true, MODE: 0o17, EMPTY: ""}
  healthcheck: {command: wget -q localhost, interval: 500ms, timeout: 1m30s, retries: 3, start_period: 2}
  pull_secret: file:secrets/registry.json
volumes: [{name: cache, storage: 50, medium: memory}]
containers:
  - {name: build, image: rust:1.80, command: [sleep, 0.10], entrypoint: [nice, 010], user: 0100, working_dir: /src/, cpu: 1, memory: 6, storage: 50, arch: arm64, mounts: [{name: cache, mount_point: /cache/}]}
service_containers:
  - name: db
    image: postgres:16
    cpu: 1
    memory: 60
    storage: 0
    healthcheck: {command: [CMD-SHELL, pg_isready]}
    pull_secret: '{"auths": {"example.com": {}}}'
access: {bind: "::1", tls: false}
`;
  expect(parseSpec(text, { ...options })).toEqual({
    spec: {
      ...minimal,
      name: 'full',
      arch: 'arm64',
      backend: 'docker',
      engine: {
        image: 'alpine:3.20',
        command: ['sh', '-c', 'httpd -f'],
        ...asImage,
        entrypoint: ['/usr/bin/env', 'VERSION=1.10'],
        shm_size: 128,
        env: { VERSION: '1.10', DEBUG: 'true', MODE: '0o17', EMPTY: '' },
        port: 8080,
        healthcheck: { command: ['CMD-SHELL', 'wget -q localhost'], interval: 0.5, timeout: 90, retries: 3, start_period: 2 },
        exec: false,
        secret_env: [],
        pull_secret: { from: 'file', path: '/specs/secrets/registry.json' },
      },
      melodium: null,
      volumes: [{ name: 'cache', storage: 50, medium: 'memory' }],
      containers: [
        {
          name: 'build',
          image: 'rust:1.80',
          command: ['sleep', '0.10'],
          entrypoint: ['nice', '010'],
          user: '0100',
          working_dir: '/src',
          shm_size: null,
          files: [],
          env: {},
          cpu: 1,
          cpu_limit: null,
          memory: 6,
          storage: 50,
          mounts: [{ name: 'cache', mount_point: '/cache' }],
          sources: [],
          healthcheck: null,
          once: false,
          secret_env: [],
          pull_secret: null,
        },
      ],
      service_containers: [
        {
          name: 'db',
          image: 'postgres:16',
          command: null,
          env: {},
          cpu: 1,
          cpu_limit: null,
          memory: 60,
          storage: 0,
          mounts: [],
          sources: [],
          healthcheck: { command: ['CMD-SHELL', 'pg_isready'], interval: 5, timeout: 5, retries: 12, start_period: 0 },
          once: false,
          ...asImage,
          secret_env: [],
          pull_secret: { from: 'inline', json: '{"auths": {"example.com": {}}}' },
        },
      ],
      access: { bind: '::1', tls: false, cidrs: [], public: false },
    },
    warnings: [
      {
        place: { file: 'ci.yaml', line: 20, column: 173, path: 'containers[0].mounts[0].name' },
        cause: `files in "cache" (up to 50 MB) count against this container's memory of 6 MB`,
        remedy: 'they can fill all of it: raise memory, or use medium: disk',
      },
    ],
  });
});

describe('healthcheck commands', () => {
  const cases: Record<string, [written: string, means: string[]]> = {
    'a string': ['pg_isready -q', ['CMD-SHELL', 'pg_isready -q']],
    'a list': ['[pg_isready, -q]', ['CMD', 'pg_isready', '-q']],
    'CMD kept': ['[CMD, pg_isready]', ['CMD', 'pg_isready']],
    'CMD-SHELL kept': ['[CMD-SHELL, "a || b"]', ['CMD-SHELL', 'a || b']],
  };
  test.each(Object.entries(cases))('%s', (_name, [written, means]) => {
    const { engine } = spec(`${base}engine:\n  image: a\n  healthcheck:\n    command: ${written}\n`);
    expect(engine?.healthcheck).toMatchObject({ command: means });
  });
});

test('no healthcheck at all, and a container that is meant to end', () => {
  const { engine, containers, service_containers } = spec(
    `${base}engine: {image: a, healthcheck: none}\ncontainers: [{name: x, image: a, cpu: 1, memory: 6, storage: 0, healthcheck: none}]\nservice_containers: [{name: y, image: a, cpu: 1, memory: 6, storage: 0, once: true}]\n`,
  );
  expect(engine?.healthcheck).toBe('none');
  expect(containers).toMatchObject([{ healthcheck: 'none', once: false }]);
  expect(service_containers).toMatchObject([{ healthcheck: null, once: true }]);
});

describe('pull_secret', () => {
  const cases: Record<string, [written: string, means: unknown]> = {
    variable: ['env:TOKEN', { from: 'env', name: 'TOKEN' }],
    'absolute file': ['file:/etc/auth', { from: 'file', path: '/etc/auth' }],
    'file beside the spec': ['file:auth', { from: 'file', path: '/specs/auth' }],
    'inline JSON': [`'{"a": 1}'`, { from: 'inline', json: '{"a": 1}' }],
    'a request without one': [`'{}'`, null],
    empty: [`''`, null],
    null: ['null', null],
  };
  test.each(Object.entries(cases))('%s', (_name, [written, means]) => {
    expect(spec(`${base}engine:\n  image: a\n  pull_secret: ${written}\n`).engine?.pull_secret).toEqual(means);
  });
});

describe('the name', () => {
  const cases: Record<string, [text: string, more: object, name: string]> = {
    "the file's": [base, { defaultName: 'nightly' }, 'nightly'],
    "the spec's before the file's": [`${base}name: own\n`, { defaultName: 'No Name' }, 'own'],
    'the argument before all': [`${base}name: own\n`, { name: 'given' }, 'given'],
  };
  test.each(Object.entries(cases))('%s', (_name, [text, more, name]) => {
    expect(spec(text, more).name).toBe(name);
  });
});

describe('modes of a request', () => {
  const cases: Record<string, [written: string, key: string | null]> = {
    'a word': ['direct', null],
    'another mapping': ['{other: {a: 1}}', null],
    'a key': ['{distribution_secret_key: {key: k}}', 'k'],
    'a null key': ['{distribution_secret_key: {key: null}}', null],
  };
  test.each(Object.entries(cases))('%s', (_name, [written, key]) => {
    expect(spec(`${base}mode: ${written}\n`).self_key).toBe(key);
  });
});

test("the Mélodium engine's fields are warned of beside another engine", () => {
  const { warnings } = parseSpec(`${base}version: 0.11.0\nimage: melodium\nengine: {image: alpine}\n`, options);
  expect(warnings.map(({ place, cause }) => [formatPlace(place), cause])).toEqual([
    ['ci.yaml:5:1 version', expect.stringMatching(/is ignored/)],
    ['ci.yaml:6:1 image', expect.stringMatching(/is ignored/)],
  ]);
});

test('aliases and merges', () => {
  const text = `${base}containers:\n  - &one {name: a, image: b, cpu: 1, memory: 6, storage: 0}\n  - {name: c, <<: *one, cpu: 2}\n`;
  const { containers } = spec(text);
  expect(containers.map(({ name, image, cpu }) => ({ name, image, cpu }))).toEqual([
    { name: 'a', image: 'b', cpu: 1 },
    { name: 'c', image: 'b', cpu: 2 },
  ]);
});

test('JSON with tabs, escapes and a byte order mark', () => {
  const text = '\uFEFF{\n\t"max_duration": 60,\n\t"cpu": 500, "memory": 256, "storage": 100,\n\t"tags": ["a\\/b", "\\ud83d\\ude00"]\n}\n';
  expect(spec(text)).toEqual({ ...minimal, tags: ['a/b', '😀'] });
});

test('the worker takes the architecture its containers agree on', () => {
  const one = (name: string, arch: string) => `  - {name: ${name}, image: a, cpu: 1, memory: 6, storage: 0, arch: ${arch}}\n`;
  expect(spec(`${base}containers:\n${one('a', 'null')}${one('b', 'arm64')}`).arch).toBe('arm64');
});
