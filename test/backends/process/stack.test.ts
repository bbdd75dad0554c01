import { expect, test } from 'vitest';
import { makeOffer } from '../../../src/backends/process/offer.js';
import { directorySchema } from '../../../src/backends/process/resources/directory.js';
import { processSchema } from '../../../src/backends/process/resources/process.js';
import { ProcessStack } from '../../../stacks/process.js';
import { synthesizeAs } from '../../../stacks/synthesize.js';
import { base, box, stackOf } from '../../stacks/support.js';
import { spec } from './support.js';
import { asImage } from '../../support/as-image.js';

test('all that the stack asks for is in the schemas', async () => {
  const healthcheck = { command: ['CMD', 'true'], interval: 1, timeout: 1, retries: 1, start_period: 0 };
  const engine = {
    image: null,
    command: ['serve'],
    env: { A: 'b' },
    port: 8080,
    healthcheck,
    exec: false,
    ...asImage,
    secret_env: [],
    pull_secret: null,
  };
  const mounts = [{ name: 'work', mount_point: '/work' }];
  const build = {
    name: 'build',
    image: null,
    command: null,
    env: {},
    cpu: 1,
    cpu_limit: null,
    memory: 1,
    storage: 1,
    mounts,
    sources: [],
    healthcheck: null,
    once: false,
    ...asImage,
    secret_env: [],
    pull_secret: null,
  };
  const full = { ...spec, engine, volumes: [{ name: 'work', storage: 1, medium: 'disk' as const }], containers: [build] };
  const offer = makeOffer(full, { platform: 'linux', arch: 'x64', cpu: 4000, memory: 8000 }, '/root-of-workers', null, null);
  const { resource } = synthesizeAs(ProcessStack, { spec: full, offer, longest: 2_592_000 }) as {
    resource: Record<string, Record<string, object>>;
  };
  const schemas: Record<string, { attributes: object }> = { mayfly_directory: directorySchema, mayfly_process: processSchema };
  expect(Object.keys(resource).sort()).toEqual(Object.keys(schemas).sort());
  for (const [type, blocks] of Object.entries(resource)) {
    for (const block of Object.values(blocks)) {
      const asked = Object.keys(block).filter((key) => !['//', 'lifecycle', 'depends_on', 'provider'].includes(key));
      expect(Object.keys(schemas[type]?.attributes ?? {})).toEqual(expect.arrayContaining(asked));
    }
  }
});

test('an entrypoint comes before the command, and stands for one', () => {
  const settings = { entrypoint: ['${e}'], working_dir: '/${src}' };
  const containers = [box('a', { ...settings, command: ['c'] }), box('b', { entrypoint: ['e'] })];
  const made = stackOf({ ...base, engine: { ...settings, command: ['serve'] }, containers }, 'process').resource!['mayfly_process']!;
  expect(made['engine']).toMatchObject({ command: ['$${e}', 'serve'], working_dir: '/$${src}' });
  expect(made['a']).toMatchObject({ command: ['$${e}', 'c'], working_dir: '/$${src}' });
  expect(made['b']).toMatchObject({ command: ['e'] });
  expect(made['b']).not.toHaveProperty('working_dir');
});
