import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dockerAvailable, images, must } from '../support/docker.js';
import { until } from '../support/poll.js';
import { machine, runCli } from '../support/run-cli.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { leftOf } from './support.js';

const request = readFileSync(new URL('../spec/fixtures/request.json', import.meta.url), 'utf8');

/** The images that the request asks for, under names that nobody has to pull. */
async function standIns(): Promise<void> {
  await must('POST', `/images/${images.engine}/tag?repo=mayfly-test/melodium&tag=0.11.0-alpine-docker`);
  await must('POST', `/images/${images.busybox}/tag?repo=busybox&tag=local`);
}

interface Access {
  access: { value: { addresses: string[]; port: number; remote_key: string; self_key: string; disable_tls: boolean } };
}

/** Applies a request from standard input, as a program would, and waits until the engine has tried all it was given. */
async function applied(input: string) {
  await standIns();
  const name = uniqueName('melodium');
  const here = await machine();
  const cli = (args: string[], stdin = '') =>
    runCli(args, { machine: here, input: stdin, env: { MELODIUM_IMAGES_PULL_SOURCE: 'mayfly-test' } });
  afterTest(async () => {
    await cli(['destroy', name, '--auto-approve']);
    expect(await leftOf(name)).toEqual([]);
  });
  const plan = await cli(['plan', '-', '--name', name], input);
  expect(plan.code, plan.stderr).toBe(0);
  const { code, stderr } = await cli(['apply', '-', '--name', name, '--auto-approve'], input);
  expect(code, stderr).toBe(0);
  const log = await until('the engine has tried it all', async () => {
    const { stdout } = await cli(['logs', name]);
    return stdout.includes('all done') && stdout;
  });
  const { access } = JSON.parse((await cli(['output', name, '--json'])).stdout) as Access;
  const again = await cli(['plan', '-', '--name', name, '--detailed-exitcode'], input);
  expect(again.code, again.stdout).toBe(0);
  return { name, lines: log.trimEnd().split('\n'), access: access.value };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.skipIf(!dockerAvailable())('a request of Mélodium, on real Docker with an engine that stands in for its own', () => {
  test('as the real client sends it', async () => {
    const { name, lines, access } = await applied(request);
    expect(access).toMatchObject({ addresses: ['127.0.0.1'], disable_tls: false, self_key: '73c28ee9-58c0-4afe-9a3e-f2881b781d31' });
    expect(access.remote_key).toMatch(uuid);
    expect((await fetch(`http://127.0.0.1:${access.port}/`)).status).toBe(404);
    const [first, ...rest] = lines;
    expect(first).toBe('arguments: dist --ip 0.0.0.0 --port 8080 --wait 660 --duration 2592000 --localhost');
    expect(rest).toEqual([
      'DOCKER_HOST=unix:///run/mayfly/docker.sock',
      `MELODIUM_DIST_RECV_KEY=${access.remote_key}`,
      `MELODIUM_DIST_SEND_KEY=${access.self_key}`,
      'MELODIUM_GROUP_ID=847d3348-5ef1-487d-86a2-2e280bcbe04f',
      'MELODIUM_RUN_CONTAINERS=box',
      `MELODIUM_RUN_CONTAINER_box=mayfly-${name}.box`,
      'MELODIUM_RUN_EXECUTOR=docker',
      expect.stringMatching(/^MELODIUM_RUN_ID=[0-9a-f-]{36}$/) as string,
      'MELODIUM_RUN_SERVICE_CONTAINERS=',
      'MELODIUM_RUN_VOLUMES=share',
      'MELODIUM_RUN_VOLUME_share=/media/share',
      'wrote /media/share',
      'in box: from the engine',
      'in box: exit 3',
      'in box: through stdin b /tmp',
      'docker ps was refused',
      'docker run was refused',
      'all done',
    ]);
  });

  test('with services and two volumes, without TLS', async () => {
    const [container] = (JSON.parse(request) as { containers: object[] }).containers;
    const mounts = [
      { name: 'share', mount_point: '/mnt/share' },
      { name: 'cache', mount_point: '/mnt/cache' },
    ];
    const service = { ...container, name: 'db', command: ['httpd', '-f', '-p', '5432'], env: { A: 'b' } };
    const { name, lines, access } = await applied(
      JSON.stringify({
        ...(JSON.parse(request) as object),
        mode: null,
        group_id: null,
        access: { tls: false },
        volumes: [
          { name: 'share', storage: 16 },
          { name: 'cache', storage: 16, medium: 'memory' },
        ],
        containers: [container, { ...container, name: 'second-box', mounts }],
        service_containers: [service],
      }),
    );
    expect(access.disable_tls).toBe(true);
    expect(access.self_key).toMatch(uuid);
    expect(lines[0]).toMatch(/--duration 2592000 --disable-tls --allow-plain-tcp$/);
    expect(lines).toEqual(
      expect.arrayContaining([
        'MELODIUM_RUN_CONTAINERS=box,second-box',
        `MELODIUM_RUN_CONTAINER_second-box=mayfly-${name}.second-box`,
        'MELODIUM_RUN_SERVICE_CONTAINERS=db',
        'MELODIUM_RUN_VOLUMES=share,cache',
        'wrote /media/cache',
        'in second-box: from the engine',
        'from the engine',
        'in second-box: exit 3',
        `service db: mayfly-${name}.db`,
      ]),
    );
    expect(lines.find((line) => line.startsWith('MELODIUM_GROUP_ID='))?.slice(18)).toMatch(uuid);
  });
});
