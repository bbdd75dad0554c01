import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import { totals, unlimited } from '../../src/spec/worker-spec.js';
import { options } from './support.js';

const spec = (text: string) => parseSpec(text, options).spec;

describe('an idle engine', () => {
  const text = `max_duration: 15m
engine: idle
containers: [{name: test, image: "python:3.11", pull_secret: env:AUTH}, {name: other, image: alpine}]
service_containers: [{name: db, image: "postgres:15"}]
`;

  test('runs the image of the first container, with small sizes', () => {
    const { engine, cpu, memory, storage, max_duration, melodium } = spec(text);
    expect({ cpu, memory, storage, max_duration, melodium }).toEqual({
      cpu: 50,
      memory: 32,
      storage: 0,
      max_duration: 900,
      melodium: null,
    });
    expect(engine).toEqual({
      ...{ image: 'python:3.11', pull_secret: { from: 'env', name: 'AUTH' }, env: {}, secret_env: [], port: null, healthcheck: 'none' },
      ...{ entrypoint: ['sh', '-c'], command: ["trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"], exec: false },
      ...{ working_dir: null, user: null, shm_size: null, files: [] },
    });
  });

  test('runs the image of the first service where there is no container', () => {
    expect(spec('max_duration: 1\nengine: idle\nservice_containers: [{name: db, image: postgres}]\n').engine?.image).toBe('postgres');
  });

  test('keeps sizes of its own', () => {
    expect(spec(`${text}cpu: 100\nmemory: 64Mi\n`)).toMatchObject({ cpu: 100, memory: 64 });
  });

  test('leaves the containers their defaults', () => {
    expect(spec(text).containers[1]).toMatchObject({ cpu: 500, memory: 512, storage: 0 });
    expect(totals(spec(text))).toEqual({ cpu: 1550, memory: 1568, storage: 0 });
    expect(unlimited(spec(text))).toEqual(['engine', 'test', 'other', 'db']);
  });
});

test('an engine without sizes has ordinary ones', () => {
  expect(spec('max_duration: 1\nengine: {image: a}\n')).toMatchObject({ cpu: 500, memory: 512, storage: 0 });
});

test('volumes need room where the engine has no limit', () => {
  const text = 'max_duration: 1\nengine: {image: a}\nvolumes: [{name: v, storage: 100}]\n';
  const mounted = `${text}containers: [{name: c, image: a, mounts: [{name: v, mount_point: /v}]}]\n`;
  expect([totals(spec(text)).storage, totals(spec(mounted)).storage]).toEqual([100, 100]);
});

test.each([
  ['memory: 1Gi', { memory: 1024 }],
  ['memory: 512M', { memory: 512 }],
  ['memory: 1.5gb', { memory: 1536 }],
  ['storage: 1T', { storage: 1_048_576 }],
  ['cpu: 500m', { cpu: 500 }],
  ['cpu: 750', { cpu: 750 }],
  ['create_timeout: 1h30m', { create_timeout: 5400 }],
  ['create_timeout: 2d', { create_timeout: 172_800 }],
  ['memory: "${env:SIZE}"', { memory: 2048 }],
])('%s', (line, expected) => {
  expect(parseSpec(`max_duration: 1\nengine: {image: a}\n${line}\n`, { ...options, env: { SIZE: '2Gi' } }).spec).toMatchObject(expected);
});

test('rules count sizes with units', () => {
  const text = 'max_duration: 1\nengine: {image: a}\nstorage: 1Gi\nvolumes: [{name: v, storage: 2Gi}]\n';
  expect(() => spec(text)).toThrow('the volumes together have 2048 MB');
});

test('keys that begin with x- are for anchors and for other programs', () => {
  const text = `x-sizes: &sizes {cpu: 250m, memory: 64}
x-other: [1, 2]
max_duration: 1
engine: {image: a}
containers: [{name: one, image: a, <<: *sizes}, {name: two, image: b, <<: *sizes, memory: 128}]
`;
  expect(spec(text).containers).toMatchObject([
    { name: 'one', cpu: 250, memory: 64 },
    { name: 'two', cpu: 250, memory: 128 },
  ]);
  expect(spec('{"x-a": 1, "max_duration": 1, "engine": {"image": "a"}}').cpu).toBe(500);
});

test('inside a mapping, a key x- is unknown', () => {
  expect(() => spec('max_duration: 1\nengine: {image: a, x-b: 1}\n')).toThrow('unknown key "x-b"');
});
