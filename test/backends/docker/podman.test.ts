import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContainerInspect } from '../../../src/backends/docker/api-types.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../../src/backends/docker/http-client.js';
import { exitCodeOf, fromContainer } from '../../../src/backends/docker/own-objects.js';
import { asDocker, dockerStatus, podmanOffer } from '../../../src/backends/docker/podman.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import { unreachableOffer } from '../../../src/backends/docker/offer.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { baseSpec } from './subjects.js';

describe('what podman answers with 500', () => {
  test.each([
    [409, 'creating container storage: the container name "x" is already in use by 0123. You have to: that name is already in use'],
    [409, 'network name mayfly already used: network already exists'],
    [409, '"mayfly" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used'],
    [409, 'container 01 has dependent containers which must be removed before it: 23: container already exists'],
    [404, 'container 0123 does not exist in database: no such container'],
    [500, 'volume options size and inodes not supported. Filesystem does not support Project Quota'],
    [500, 'no such container'],
  ])('is %i: %s', (status, message) => expect(dockerStatus(500, message)).toBe(status));

  test('any other status is what it is', () => expect(dockerStatus(403, 'network is being used')).toBe(403));
});

/** The parts that are told otherwise, as podman 4.3.1 tells them. */
const told = {
  State: { Status: 'running', Health: { Status: '', FailingStreak: 0 } },
  Config: {
    Image: 'localhost/busybox:1',
    Env: ['PATH=/bin', 'TERM=xterm', 'container=podman', 'HOME=/root', 'HOSTNAME=0123', 'A=one'],
  },
  HostConfig: {
    NanoCpus: 50_000_000,
    NetworkMode: 'bridge',
    SecurityOpt: ['no-new-privileges'],
    LogConfig: { Type: 'json-file', Config: null },
  },
  NetworkSettings: { Networks: { mayfly: {} } },
} as unknown as ContainerInspect;

describe('a container of podman as docker would tell of it', () => {
  const known: Attributes = { image: 'busybox:1', env: ['A=one', 'HOME=/root'], cpus: '0.050000001', log_opts: { 'max-size': '10m' } };
  const seen = asDocker(told, known);

  test.each<[string, unknown, unknown]>([
    ['no healthcheck, no health', seen.State.Health, undefined],
    ['the image as it was asked for', seen.Config.Image, 'busybox:1'],
    ['not the variables it adds, but those that were asked for', seen.Config.Env, ['PATH=/bin', 'HOME=/root', 'A=one']],
    ['the cpus that were asked for, as near as it keeps them', seen.HostConfig.NanoCpus, 50_000_001],
    ['its network by name', seen.HostConfig.NetworkMode, 'mayfly'],
    ['options in docker’s words', seen.HostConfig.SecurityOpt, ['no-new-privileges:true']],
    ['the options of its log', seen.HostConfig.LogConfig.Config, { 'max-size': '10m' }],
  ])('%s', (_name, actual, expected) => expect(actual).toEqual(expected));

  test('what differs from what was asked for still does', () => {
    const other = asDocker(told, { image: 'busybox:2', cpus: '0.1' });
    expect(other.Config.Image).toBe('localhost/busybox:1');
    expect(other.HostConfig.NanoCpus).toBe(50_000_000);
  });
});

describe('its offer', () => {
  const offer = { ...unreachableOffer(baseSpec, 'unix:///x', ''), accepted: true, reasons: [], title: 'docker 4.3.1 (local)' };
  const volumes = (medium: 'disk' | 'memory') => ({ ...baseSpec, volumes: [{ name: 'v', storage: 1, medium }] });

  test('names it, and warns of its bridge', () => {
    const made = podmanOffer(volumes('disk'), offer, '4.3.1');
    expect(made).toMatchObject({ accepted: true, reasons: [], title: 'podman 4.3 (local)' });
    expect(made.warnings).toEqual([expect.stringContaining('isolate')]);
  });

  test('refuses volumes in memory', () => {
    expect(podmanOffer(volumes('memory'), offer, '4.3.1')).toMatchObject({ accepted: false, reasons: [expect.stringContaining('for v')] });
  });
});

/** A daemon whose first answers are errors with these messages; then it answers `{"Id":"a"}`. */
async function failing(messages: string[], headers: Record<string, string>): Promise<{ http: HttpClient; calls: string[] }> {
  const socket = join(await tempDir('podman'), 'api.sock');
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const message = messages.shift();
    response.writeHead(message === undefined ? 200 : 500, headers).end(JSON.stringify(message === undefined ? { Id: 'a' } : { message }));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const http = new HttpClient(parseEndpoint(`unix://${socket}`, null, {}));
  afterTest(() => {
    http.close();
    server.close();
  });
  return { http, calls };
}

describe('a container that ends while podman looks at it', () => {
  const passing = ['read /proc/24367/cgroup: no such process', 'open /proc/24368/cgroup: no such file or directory'];
  const podman = { 'Libpod-Api-Version': '4.3.1' };

  test('is looked at again', async () => {
    const { http, calls } = await failing([...passing], podman);
    expect(await http.json('GET', '/containers/a/json')).toEqual({ Id: 'a' });
    expect(calls).toEqual(['GET /containers/a/json', 'GET /containers/a/json', 'GET /containers/a/json']);
  });

  test.each([
    ['by docker', 'GET', passing[0], {}],
    ['after any other message', 'GET', 'read /etc/hosts: no such process', podman],
    ['after a change', 'POST', passing[0], podman],
  ])('is not looked at again: %s', async (_name, method, message, headers) => {
    const { http, calls } = await failing([message!], headers);
    await expect(http.json(method, '/containers/a/json')).rejects.toMatchObject({ message: expect.stringContaining(message!) });
    expect(calls).toHaveLength(1);
  });

  test('is an error in the end', async () => {
    const { http, calls } = await failing(
      Array.from({ length: 30 }, () => passing[0]!),
      podman,
    );
    await expect(http.json('GET', '/containers/a/json')).rejects.toMatchObject({ status: 500 });
    expect(calls).toHaveLength(21);
  });
});

describe('an ended container', () => {
  const labels = { 'dev.mayfly.worker': 'w', 'dev.mayfly.lifetime': '60', 'dev.mayfly.address': 'docker_container.job' };
  const listed = (State: string, Status: string) =>
    fromContainer({ Id: 'i', Names: ['/mayfly-w.job'], Labels: labels, State, Status, Created: 5, Mounts: [] } as never);

  test.each([
    ['exited', 'Exited (3) 1 second ago', 'exited', 3],
    ['stopped', 'Exited (3) Less than a second ago', 'exited', 3],
    ['exited', 'Exited (-1) 1 second ago', 'exited', null],
    ['removing', 'Removal In Progress', 'exited', null],
    ['running', 'Up 1 second', 'running', null],
  ])('in a list: %s, %s', (state, text, status, exitCode) => expect(listed(state, text)).toMatchObject({ status, exitCode }));

  test.each([
    ['exited', 3, 3],
    ['stopped', 3, 3],
    ['exited', -1, null],
    ['running', 0, null],
  ] as const)('inspected: %s with %i', (Status, ExitCode, expected) => expect(exitCodeOf({ Status, ExitCode })).toBe(expected));
});
