import { describe, expect, test } from 'vitest';
import { describeFaults, isFaulty, statusOf } from '../../src/backends/ports/container-state.js';
import { containerStates } from '../../src/backends/ports/containers.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { describeProbe, describeUnhealthy, type Seen, settle } from '../../src/backends/shared/settle.js';
import type { ReadinessSpec } from '../../src/backends/ports/readiness.js';

const spec = (port: number | null, more: object = {}): ReadinessSpec =>
  ({ engine: { port, healthcheck: null }, containers: [], service_containers: [], ...more }) as never;
const one = (container: string, over: Partial<Seen> = {}): Seen => ({
  container,
  status: 'running',
  exitCode: null,
  endedAt: null,
  because: null,
  waits: null,
  ...over,
});
const ended = (container: string, exitCode: number | null, endedAt: number | null = null) =>
  one(container, { status: 'exited', exitCode, endedAt });

const ready = { ready: true, waiting: [], failed: null };
const fails = (container: string, reason: string, remedy = /\S/) => ({
  ready: false,
  waiting: [],
  failed: { container, reason, remedy: expect.stringMatching(remedy) as string },
});

/** What a look sees, and what comes of it. */
const rows: Record<string, { seen: Seen[]; spec?: ReadinessSpec; is: object }> = {
  'all run': { seen: [one('engine'), one('db')], is: ready },
  'no engine': { seen: [one('db')], is: fails('engine', 'was removed by another program') },
  'one that waits': {
    seen: [one('engine'), one('db', { waits: 'healthcheck' }), one('migrate', { waits: 'its end' })],
    is: {
      ready: false,
      waiting: [
        { container: 'db', for: 'healthcheck' },
        { container: 'migrate', for: 'its end' },
      ],
      failed: null,
    },
  },
  'a service that ended with 3': { seen: [one('engine'), ended('db', 3)], is: fails('db', 'ended with exit code 3') },
  'a service that ended with 0': {
    seen: [one('engine'), ended('db', 0)],
    spec: spec(null, { service_containers: [{ name: 'db', once: false, healthcheck: null }] }),
    is: fails('db', 'ended with exit code 0', /once: true/),
  },
  'an executor that ended with 0': {
    seen: [one('engine'), ended('build', 0)],
    spec: spec(null, { containers: [{ name: 'build', command: ['true'], healthcheck: null }] }),
    is: fails('build', 'ended with exit code 0', /omit its command/),
  },
  'an executor without sh': {
    seen: [one('engine'), ended('build', 127)],
    spec: spec(null, { containers: [{ name: 'build', command: null, healthcheck: null }] }),
    is: fails('build', 'ended with exit code 127', /its image has no `sh`/),
  },
  'one that was killed, and nobody knows by what': { seen: [one('engine'), ended('db', null)], is: fails('db', 'was killed') },
  'one that is done': { seen: [one('engine'), one('migrate', { status: 'done', exitCode: 0 })], is: ready },
  'a paused one': { seen: [one('engine'), one('db', { status: 'paused' })], is: fails('db', 'is paused', /unpause/) },
  'an unhealthy one': {
    seen: [one('engine'), one('db', { status: 'unhealthy', because: 'is unhealthy: so' })],
    is: fails('db', 'is unhealthy: so', /correct it or its healthcheck/),
  },
  'one that its image calls unhealthy': {
    seen: [one('engine'), one('db', { status: 'unhealthy', because: 'is unhealthy: so', checkOfImage: true })],
    is: fails('db', 'is unhealthy: so', /healthcheck: none/),
  },
  'an engine without a port that ended with 0, whatever is waited for': {
    seen: [ended('engine', 0), one('db', { waits: 'healthcheck' })],
    is: ready,
  },
  'an engine without a port that ended with 1': { seen: [ended('engine', 1)], is: fails('engine', 'ended with exit code 1') },
  'an engine with a port that ended with 0': {
    seen: [ended('engine', 0)],
    spec: spec(8080),
    is: fails('engine', 'ended with exit code 0'),
  },
  'an engine that is done beside a service that failed': {
    seen: [ended('engine', 0), ended('db', 1)],
    is: fails('db', 'ended with exit code 1'),
  },
  'two that ended: the first is the cause': {
    seen: [ended('engine', 1, 2000), ended('db', 2, 1000)],
    is: fails('db', 'ended with exit code 2'),
  },
  'two of which nobody knows when: the engine': {
    seen: [ended('db', 2), ended('engine', 1)],
    is: fails('engine', 'ended with exit code 1'),
  },
  'one that ended and an unhealthy one: what ended': {
    seen: [one('engine'), one('a', { status: 'unhealthy' }), ended('db', 2, 1000)],
    is: fails('db', 'ended with exit code 2'),
  },
};

test.each(Object.entries(rows))('readiness: %s', (_name, { seen, spec: asked = spec(null), is }) => {
  expect(settle(seen, asked)).toEqual(is);
});

describe('how a container does', () => {
  const looks: Record<string, [Parameters<typeof statusOf>[0], ReturnType<typeof statusOf>]> = {
    'made, never started': [{ status: 'created', exitCode: null, once: true }, 'created'],
    runs: [{ status: 'running', exitCode: null, once: false }, 'running'],
    'is paused, though unhealthy': [{ status: 'running', exitCode: null, paused: true, unhealthy: true, once: false }, 'paused'],
    'is unhealthy': [{ status: 'running', exitCode: null, unhealthy: true, once: false }, 'unhealthy'],
    'ended with 0': [{ status: 'exited', exitCode: 0, once: false }, 'exited'],
    'ended with 0, as it should': [{ status: 'exited', exitCode: 0, once: true }, 'done'],
    'ended with 1, and should with 0': [{ status: 'exited', exitCode: 1, once: true }, 'exited'],
  };
  test.each(Object.entries(looks))('%s', (_name, [look, status]) => expect(statusOf(look)).toBe(status));

  test('a worker is degraded by any that does not what it should, and says which', () => {
    const statuses = ['created', 'running', 'paused', 'unhealthy', 'exited', 'done', 'missing'] as const;
    const all = statuses.map((status) => ({ container: status, status, exitCode: status === 'exited' ? 137 : null }));
    expect(all.filter(isFaulty).map(({ status }) => status)).toEqual(['created', 'paused', 'unhealthy', 'exited', 'missing']);
    expect(describeFaults(all.slice(3))).toBe('unhealthy unhealthy, exited exited 137, missing missing');
  });

  test('the engine comes first, objects that run nothing count not, those that are expected and not there are missing', () => {
    const object = (address: string, over: Partial<OwnedObject> = {}) =>
      ({ address, type: address.split('.')[0], status: 'running', exitCode: null, labels: {}, ...over }) as OwnedObject;
    const task = { containers: [{ container: 'a', status: 'paused' as const, exitCode: null }] };
    const objects = [
      object('docker_container.db', {
        status: 'exited',
        exitCode: 0,
        labels: { worker: 'one', address: 'docker_container.db', once: true },
      }),
      object('docker_volume.work', { status: 'present' }),
      object('docker_container.engine'),
      object('aws_ecs_service.x', task),
    ];
    expect(containerStates(objects, ['engine', 'gone', 'db'])).toEqual([
      { container: 'engine', status: 'running', exitCode: null },
      { container: 'a', status: 'paused', exitCode: null },
      { container: 'db', status: 'done', exitCode: 0 },
      { container: 'gone', status: 'missing', exitCode: null },
    ]);
  });
});

test('a probe is told in one line with its code, and cut', () => {
  expect(describeProbe(1, 'no\n  luck \n')).toBe('exit code 1: no luck');
  expect(describeProbe(2, '')).toBe('exit code 2');
  expect(describeProbe(null, 'half')).toBe('it took too long: half');
  expect(describeProbe(1, 'x'.repeat(1000)).length).toBe('exit code 1: '.length + 300);
  expect(describeUnhealthy(1, null)).toBe('is unhealthy: its healthcheck failed once');
  expect(describeUnhealthy(3, 'exit code 1', true)).toBe(
    "is unhealthy: its image's own healthcheck failed 3 times in a row, the last time: exit code 1",
  );
});
