import { describe, expect, test } from 'vitest';
import { describeResource } from '../../src/views/describe.js';
import { cloud, planOf } from './support.js';

const content = {
  engine: { image: 'engine:1', port: 8080, healthcheck: { command: 'true' } },
  volumes: [
    { name: 'work', storage: 50 },
    { name: 'fast', storage: 20, medium: 'memory' },
  ],
  containers: [{ name: 'build', image: 'busybox:1', cpu: 1, memory: 64, storage: 0, healthcheck: { command: 'true' } }],
  service_containers: [{ name: 'seed', image: 'seed:2', cpu: 1, memory: 64, storage: 0, once: true }],
};
const plan = planOf({}, content);
const melodium = planOf({}, { engine: undefined, version: '0.11.0' });
const melodiumRuns = planOf({}, { engine: undefined, version: '0.11.0', containers: content.containers });
const local = planOf({}, { engine: { command: ['serve', '--port=0'] }, service_containers: [] });
const checked = planOf({}, { engine: { image: 'engine:1', healthcheck: 'none', exec: true } });
const longImage = planOf({}, { engine: { image: `${'r'.repeat(61)}:1` } });

describe('a resource in a few words', () => {
  test.each([
    ['an engine with port and healthcheck', plan, 'docker_container.engine', 'engine:1 · port 8080 · waits until healthy'],
    ['an engine that is a command', local, 'mayfly_process.engine', 'serve --port=0'],
    ['an engine without its healthcheck', checked, 'docker_container.engine', 'engine:1 · runs commands in its containers'],
    ['the Mélodium engine', melodium, 'docker_container.engine', 'own quay.io/melodium/melodium:0.11.0-alpine-docker · port 8080'],
    [
      'the Mélodium engine with containers',
      melodiumRuns,
      'docker_container.engine',
      'own quay.io/melodium/melodium:0.11.0-alpine-docker · port 8080 · runs commands in its containers',
    ],
    ['a container', plan, 'docker_container.build', 'busybox:1 · waits until healthy'],
    ['a service container that ends', plan, 'docker_container.seed', 'seed:2 · waits until it ended with 0'],
    ['a volume on disk', plan, 'docker_volume.work', '50 MB on disk (size not enforced)'],
    ['a volume in memory', plan, 'docker_volume.fast', '20 MB in memory'],
    ['a type that the backend describes', plan, 'cloud_gate.engine', 'lets engine in & out'],
    ['a name that an edit took out of the spec', plan, 'docker_container.gone', ''],
    ['an image with a long name', longImage, 'docker_container.engine', `${'r'.repeat(59)}…`],
  ])('%s', (_, of, address, text) => {
    const [type = '', name = ''] = address.split('.');
    expect(describeResource({ type, name }, of, cloud)).toBe(text);
  });

  test('words of the backend are cut as all others', () => {
    const wordy = { ...cloud, resource: () => 'w'.repeat(61) };
    expect(describeResource({ type: 't', name: 'n' }, plan, wordy)).toBe(`${'w'.repeat(59)}…`);
  });
});
