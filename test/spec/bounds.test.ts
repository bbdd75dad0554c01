import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import { parseSpec } from '../../src/spec/parse.js';
import { options } from './support.js';
import { asImage } from '../support/as-image.js';

const least = { max_duration: 60, cpu: 500, memory: 256, storage: 1000, engine: { image: 'a' } };
const box = { name: 'box', image: 'b', cpu: 1, memory: 6, storage: 0 };
const check = (more: object) => ({ engine: { image: 'a', healthcheck: { command: 'true', ...more } } });
const boxed = (more: object) => ({ containers: [{ ...box, ...more }] });
const cache = (more: object) => ({ caches: [{ name: 'c', to: '/c', ...more }] });
const volume = (storage: number) => ({ storage: 1_000_000_000, volumes: [{ name: 'v', storage }] });

/** The causes of a refusal; empty where the spec is accepted. */
function causes(more: object): string[] {
  try {
    parseSpec(JSON.stringify({ ...least, ...more }), options);
    return [];
  } catch (error) {
    if (error instanceof MayflyError) return error.problems.map(({ cause }) => cause);
    throw error;
  }
}

const bounds: [string, object, object, object | null, object | null][] = [
  ['max_duration', { max_duration: 0 }, { max_duration: 1 }, { max_duration: 2_592_000 }, { max_duration: 2_592_001 }],
  ['create_timeout', { create_timeout: 0 }, { create_timeout: 1 }, { create_timeout: 2_592_000 }, { create_timeout: 2_592_001 }],
  ['max_cost', { max_cost: -0.01 }, { max_cost: 0 }, null, null],
  ['cpu', { cpu: 0 }, { cpu: 1 }, { cpu: 1_000_000_000 }, { cpu: 1_000_000_001 }],
  ['memory', { memory: 5 }, { memory: 6 }, { memory: 1_000_000_000 }, { memory: 1_000_000_001 }],
  ['storage', { storage: -1 }, { storage: 0 }, { storage: 1_000_000_000 }, { storage: 1_000_000_001 }],
  ['volumes[].storage', volume(0), volume(1), volume(1_000_000_000), null],
  ['caches[].size', cache({ size: 0 }), cache({ size: 1 }), cache({ size: 1_000_000_000 }), null],
  ['caches[].keep', cache({ keep: 59 }), cache({ keep: '1m' }), cache({ keep: '365d' }), cache({ keep: '366d' })],
  ['containers[].cpu', boxed({ cpu: 0 }), boxed({ cpu: 1 }), boxed({ cpu: 1_000_000_000 }), boxed({ cpu: 1_000_000_001 })],
  ['containers[].memory', boxed({ memory: 5 }), boxed({ memory: 6 }), null, null],
  ['containers[].storage', boxed({ storage: -1 }), boxed({ storage: 0 }), null, null],
  [
    'engine.port',
    { engine: { image: 'a', port: 0 } },
    { engine: { image: 'a', port: 1 } },
    { engine: { image: 'a', port: 65_535 } },
    { engine: { image: 'a', port: 65_536 } },
  ],
  [
    'healthcheck.interval',
    check({ interval: 0.0004 }),
    check({ interval: 0.001 }),
    check({ interval: 86_400 }),
    check({ interval: 86_401 }),
  ],
  ['healthcheck.timeout', check({ timeout: 0 }), check({ timeout: '1ms' }), check({ timeout: '24h' }), check({ timeout: '25h' })],
  ['healthcheck.retries', check({ retries: 0 }), check({ retries: 1 }), check({ retries: 10_000 }), check({ retries: 10_001 })],
  [
    'healthcheck.start_period',
    check({ start_period: -1 }),
    check({ start_period: 0 }),
    check({ start_period: 86_400 }),
    check({ start_period: 86_401 }),
  ],
];

describe('a bound is where the reference says', () => {
  test.each(bounds)('%s', (_, below, min, max, above) => {
    expect(causes(below)).toHaveLength(1);
    expect([causes(min), causes(max ?? {})]).toEqual([[], []]);
    if (above) expect(causes(above)).toHaveLength(1);
  });
});

test('what a spec does not say has its default', () => {
  const content = {
    ...least,
    engine: { image: 'a', healthcheck: { command: 'true' } },
    volumes: [{ name: 'v', storage: 1 }],
    caches: [{ name: 'pip', to: '/cache' }],
    containers: [box],
    service_containers: [{ ...box, name: 'db' }],
  };
  const checked = { command: ['CMD-SHELL', 'true'], interval: 5, timeout: 5, retries: 12, start_period: 0 };
  const common = { command: null, env: {}, secret_env: [], healthcheck: null, pull_secret: null, ...asImage };
  const made = { ...common, image: 'b', cpu: 1, cpu_limit: null, memory: 6, storage: 0, mounts: [], sources: [], once: false };
  expect(parseSpec(JSON.stringify(content), options)).toEqual({
    spec: {
      name: 'ci',
      max_duration: 60,
      create_timeout: 600,
      max_cost: null,
      cpu: 500,
      cpu_limit: null,
      ports: [],
      retain: null,
      memory: 256,
      storage: 1000,
      arch: null,
      backend: null,
      engine: { ...common, image: 'a', healthcheck: checked, port: null, exec: false },
      melodium: null,
      volumes: [{ name: 'v', storage: 1, medium: 'disk' }],
      caches: [{ name: 'pip', to: '/cache', in: 'engine', size: 2000, keep: 604_800 }],
      containers: [{ ...made, name: 'box' }],
      service_containers: [{ ...made, name: 'db' }],
      copy: [],
      artifacts: [],
      collect_grace: 10,
      access: { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
      tags: [],
      id: null,
      organization_id: null,
      parent_id: null,
      group_id: null,
      self_key: null,
    },
    warnings: [],
  });
});
