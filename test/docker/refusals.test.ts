import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { api, dockerAvailable, images, must, removeObject } from '../support/docker.js';
import { afterTest } from '../support/temp-dir.js';
import { container, inspectOf, jsonLines, leftOf, serve, small, wait, type Worker, worker } from './support.js';

/** What an apply that must fail says of it. */
async function failure(one: Worker, args = ['apply', 'SPEC', '--auto-approve', '--json']) {
  const { code, stdout } = await one.cli(args);
  const lines = jsonLines(stdout).filter((line) => line.type === 'diagnostic' && line['@level'] === 'error');
  const first = lines[0]?.['diagnostic'] as { code: string; summary: string; detail: string; address: string; log: string[] };
  return { exit: code, ...first };
}

type Kind = 'container' | 'volume';

/** Something of the name that the worker wants, which is not ours. */
const foreign: Record<string, { kind: Kind; id(worker: string): string; labels(worker: string): Record<string, string> }> = {
  'a container without labels': { kind: 'container', id: (worker) => `mayfly-${worker}.engine`, labels: () => ({}) },
  'a container of another worker': {
    kind: 'container',
    id: (worker) => `mayfly-${worker}.build`,
    labels: (worker) => ({ 'dev.mayfly.worker': `${worker}x` }),
  },
  'a volume without labels': { kind: 'volume', id: (worker) => `mayfly-${worker}.work`, labels: () => ({}) },
  'a volume of another tool': { kind: 'volume', id: (worker) => `mayfly-${worker}.work`, labels: (worker) => ({ worker }) },
};

const spec = {
  ...small,
  volumes: [{ name: 'work', storage: 10, medium: 'disk' }],
  containers: [container('build', { command: wait(), mounts: [{ name: 'work', mount_point: '/work' }] })],
};

describe.skipIf(!dockerAvailable())('what mayfly refuses', () => {
  test.for(Object.entries(foreign))('foreign: %s', async ([, { kind, id, labels }]) => {
    const one = await worker(spec);
    const name = id(one.name);
    const path = kind === 'volume' ? `/volumes/${name}` : `/containers/${name}/json`;
    await must(
      'POST',
      kind === 'volume' ? '/volumes/create' : `/containers/create?name=${name}`,
      kind === 'volume' ? { Name: name, Labels: labels(one.name) } : { Image: images.busybox, Cmd: ['true'], Labels: labels(one.name) },
    );
    afterTest(() => removeObject({ kind, id: name }));
    const planted = await must('GET', path);
    expect(await failure(one)).toMatchObject({ exit: 1, code: 'foreign_object', detail: expect.stringContaining(name) as string });
    expect(await must('GET', path)).toEqual(planted);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('a saved plan after the backend has moved on', async () => {
    const one = await worker(spec);
    await one.apply();
    const saved = join(one.machine.home, 'plan.json');
    await one.edit({ ...spec, memory: 64 });
    await one.must(['plan', 'SPEC', '--out', saved]);
    const build = await inspectOf(one.name, 'build');
    await must('DELETE', `/containers/${build.Id}?force=1`);
    const before = await inspectOf(one.name, 'engine');
    expect(await failure(one, ['apply', saved, '--json'])).toMatchObject({ exit: 1, code: 'plan_stale' });
    expect(await inspectOf(one.name, 'engine')).toEqual(before);
    expect((await api('GET', `/containers/mayfly-${one.name}.build/json`)).status).toBe(404);
  });

  test('a saved plan of a worker that nobody touched is applied without asking', async () => {
    const one = await worker(spec);
    const saved = join(one.machine.home, 'plan.json');
    await one.must(['plan', 'SPEC', '--out', saved]);
    expect(await leftOf(one.name)).toEqual([]);
    await one.must(['apply', saved]);
    expect(await failure(one, ['apply', saved, '--json'])).toMatchObject({ exit: 1, code: 'plan_stale' });
  });

  test('an apply without approval and without a terminal', async () => {
    const one = await worker(small);
    expect(await failure(one, ['apply', 'SPEC', '--json'])).toMatchObject({ exit: 1, code: 'not_approved' });
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('an image that is not there', async () => {
    const one = await worker({ ...small, engine: { image: 'localhost:9/mayfly-test/no-such:1' } });
    expect(await failure(one)).toMatchObject({ exit: 1, code: 'image_unavailable', address: 'docker_container.engine' });
    expect(await leftOf(one.name)).toEqual([]);
  });
});

/** Keeps a worker from being ready before the container has had its time to fail. */
const slow = { healthcheck: { command: ['CMD', 'true'], interval: 60 } };

/** Workers that don't get ready, and what is told of it. */
const unready: Record<string, { spec: object; summary: RegExp; address: string; log: string }> = {
  'a service that is never healthy': {
    spec: { service_containers: [container('db', { command: wait('db is up'), healthcheck: { command: ['CMD', 'false'], interval: 1 } })] },
    summary: /create_timeout.*db: healthcheck/,
    address: 'db',
    log: 'db is up',
  },
  'a port that is never listened on': {
    spec: { engine: { image: images.busybox, command: wait('not listening'), port: 8080 } },
    summary: /create_timeout.*engine: port 8080/,
    address: 'engine',
    log: 'not listening',
  },
  'a command that is not there': {
    spec: { create_timeout: 60, service_containers: [container('build', { command: ['/no/such/program'], ...slow })] },
    summary: /build ended with exit code 127/,
    address: 'build',
    log: '/no/such/program',
  },
  'a container that ends at once': {
    spec: {
      create_timeout: 60,
      engine: { image: images.busybox, command: serve, port: 8081 },
      service_containers: [container('build', { command: ['sh', '-c', 'echo cannot go on >&2; exit 7'], ...slow })],
    },
    summary: /build ended with exit code 7/,
    address: 'build',
    log: 'cannot go on',
  },
  'a container that uses more memory than its limit': {
    spec: {
      create_timeout: 60,
      service_containers: [
        container('eater', {
          cpu: 500,
          command: ['sh', '-c', 'echo hungry; tail /dev/zero'],
          healthcheck: { command: ['CMD', 'false'], interval: 1, start_period: 60 },
        }),
      ],
    },
    summary: /killed because it used more memory than its limit/,
    address: 'eater',
    log: 'hungry',
  },
};

describe.skipIf(!dockerAvailable())('a worker that does not get ready', () => {
  test.for(Object.entries(unready))('%s', async ([, { spec: more, summary, address, log }]) => {
    const one = await worker({ ...small, create_timeout: 6, ...more });
    const told = await failure(one);
    expect(told).toMatchObject({ exit: 1, code: 'not_ready', summary: expect.stringMatching(summary) as string });
    expect(told.address).toContain(address);
    expect(told.log?.join('\n')).toContain(log);
    expect(await leftOf(one.name)).toEqual([]);
  });
});
