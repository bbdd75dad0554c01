import { expect } from 'vitest';
import { container, jsonLines, serve, small, type SpecFile, wait, type Worker, worker } from '../docker/support.js';
import { dockerAvailable, images, must, removeObject } from '../support/docker.js';
import { until } from '../support/poll.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

const services = (...all: SpecFile[]): SpecFile => ({ ...small, service_containers: all });

interface Refused {
  code: number | null;
  error: { code: string; summary: string; detail: string; address: string; log: string[] };
  errors: number;
}

/** Applies a worker that must not get ready; what is told of it. */
async function refused(spec: SpecFile): Promise<Refused> {
  const one = await worker(spec);
  const { code, stdout } = await one.cli(['apply', 'SPEC', '--auto-approve', '--json']);
  const errors = jsonLines(stdout).filter(({ type, ...line }) => type === 'diagnostic' && line['@level'] === 'error');
  const { address, ...error } = errors[0]?.['diagnostic'] as Refused['error'];
  return { code, error: { ...error, address: address.replace(one.name, 'NAME') }, errors: errors.length };
}

/** An image made of a container of busybox that has run a command, with a change of its configuration. */
async function imageWith({ run = ['true'], change = 'ENV A=b' }: { run?: string[]; change?: string }): Promise<string> {
  const repo = uniqueName('image');
  const { Id } = await must<{ Id: string }>('POST', '/containers/create', { Image: images.busybox, Cmd: run });
  await must('POST', `/containers/${Id}/start`);
  await must('POST', `/containers/${Id}/wait`);
  await must('POST', `/commit?container=${Id}&repo=${repo}&tag=1&changes=${encodeURIComponent(change)}`);
  await removeObject({ kind: 'container', id: Id });
  afterTest(async () => void (await must('DELETE', `/images/${repo}:1?force=1`)));
  return `${repo}:1`;
}

interface Listed {
  name: string;
  status: string;
  containers: { container: string; status: string; exitCode: number | null }[];
}

/** A worker as `list`, `show` and `wait --for ready` tell it, in JSON and in text. */
async function looks(
  one: Worker,
): Promise<{ status: string; containers: Record<string, string>; list: string; show: string; wait: string }> {
  const [listed, list, show, shown, waited] = await Promise.all([
    one.must(['list', '--json']),
    one.must(['list']),
    one.must(['show', 'NAME']),
    one.must(['show', 'NAME', '--json']),
    one.cli(['wait', 'NAME', '--for', 'ready', '--timeout', '5s']),
  ]);
  const mine = (JSON.parse(listed.stdout) as Listed[]).find(({ name }) => name === one.name)!;
  const { worker: own, containers } = JSON.parse(shown.stdout) as { worker: Listed; containers: Listed['containers'] };
  expect(own.status).toBe(mine.status);
  expect(containers.map(({ container: name, status }) => [name, status])).toEqual(
    mine.containers.map(({ container: name, status }) => [name, status]),
  );
  return {
    status: mine.status,
    containers: Object.fromEntries(
      mine.containers.map(({ container: name, status, exitCode }) => [name, exitCode === null ? status : `${status} ${exitCode}`]),
    ),
    list: list.stdout.split('\n').find((line) => line.startsWith(one.name))!,
    show: show.stdout,
    wait: `${waited.code} ${waited.stderr.split('\n')[0]!.replaceAll(one.name, 'NAME')}`,
  };
}

const settled = 'one rule for containers that end, looked at after all have started (settle)';
const statuses = 'a status a container at every look (containerStates)';
const checks = "a check's retries, output and owner are part of the failure (settle)";
const causes = 'the container that ended comes before what could not join it (firstCause)';

attacks(
  'readiness',
  {
    'a service that ends at once': {
      mechanism: settled,
      does: 'a service prints a line and ends with 3',
      right: 'never ready: its code and its lines are told',
      async check() {
        expect(await refused(services(container('db', { command: 'echo x; exit 3' })))).toMatchObject({
          code: 1,
          errors: 1,
          error: { code: 'not_ready', address: 'NAME/db', summary: 'db ended with exit code 3', log: ['x'] },
        });
      },
    },
    'a service that ends with 0': {
      mechanism: settled,
      does: 'a service ends with 0, and is not meant to',
      right: 'never ready: the remedy names `once: true`',
      async check() {
        const { error } = await refused(services(container('db', { command: 'exit 0' })));
        expect(error).toMatchObject({ summary: 'db ended with exit code 0', detail: expect.stringContaining('once: true') as string });
      },
    },
    'an executor without sh': {
      mechanism: settled,
      does: 'the image of an executor without a command has no sh',
      right: 'never ready: the remedy says what it lacks',
      async check() {
        const image = await imageWith({ run: ['rm', '/bin/sh'] });
        const { error } = await refused({ ...small, containers: [container('build', { image })] });
        expect(error).toMatchObject({
          summary: 'build ended with exit code 127',
          detail: expect.stringContaining('its image has no `sh`') as string,
        });
      },
    },
    'one that is meant to end, and fails': {
      mechanism: settled,
      does: 'a service with once: true works for a moment and ends with 4',
      right: 'never ready: its code is told',
      async check() {
        const { error } = await refused(services(container('migrate', { command: 'sleep 0.5; exit 4', once: true })));
        expect(error).toMatchObject({ code: 'not_ready', address: 'NAME/migrate', summary: 'migrate ended with exit code 4' });
      },
    },
    'an engine that is a batch': {
      mechanism: settled,
      does: 'an engine without a port ends with 0, another with 5',
      right: 'the first is done, exit code 0; the second is a failure',
      async check() {
        const done = await worker({ ...small, engine: { image: images.busybox, command: ['true'] } });
        await done.apply();
        const { error } = await refused({ ...small, engine: { image: images.busybox, command: 'echo no luck; exit 5' } });
        expect(error).toMatchObject({ code: 'not_ready', summary: 'engine ended with exit code 5', log: ['no luck'] });
      },
    },
    'what is killed, paused, removed or unhealthy later': {
      mechanism: statuses,
      does: 'docker kill, pause and rm of services of a ready worker; one whose check begins to fail',
      right: 'list, show and wait say so, container by container; applying again mends it',
      async check() {
        const failing = { command: 'test ! -e /tmp/ill', interval: '100ms', retries: 1 };
        const one = await worker(
          services(
            ...['a', 'b', 'c'].map((name) => container(name, { command: wait() })),
            container('d', { command: wait(), healthcheck: failing }),
            container('job', { command: 'sleep 0.3', once: true }),
          ),
        );
        await one.apply();
        expect(await looks(one)).toMatchObject({
          status: 'ready',
          containers: { engine: 'running', a: 'running', b: 'running', c: 'running', d: 'running', job: 'done 0' },
          list: expect.stringMatching(/ ready +in /) as string,
          wait: '0 ',
        });
        const path = (name: string) => `/containers/mayfly-${one.name}.${name}`;
        const exec = one.must(['exec', 'NAME', 'd', '--', 'touch', '/tmp/ill']);
        await must('POST', `${path('a')}/kill`);
        await must('POST', `${path('b')}/pause`);
        await must('DELETE', `${path('c')}?force=1`);
        await exec;
        const unhealthy = async () => (await must<{ State: { Health: { Status: string } } }>('GET', `${path('d')}/json`)).State.Health;
        await until('d is unhealthy', async () => (await unhealthy()).Status === 'unhealthy');
        const faults = 'a exited 137, b paused, c missing, d unhealthy';
        expect(await looks(one)).toMatchObject({
          status: 'degraded',
          containers: { engine: 'running', a: 'exited 137', b: 'paused', c: 'missing', d: 'unhealthy', job: 'done 0' },
          list: expect.stringContaining(`degraded: ${faults}`) as string,
          show: expect.stringMatching(
            /· degraded ·[^]*\n {2}a +exited 137\n {2}b +paused\n {2}c +missing\n {2}d +unhealthy\n {2}job +done\n/,
          ) as string,
          wait: `1 Error: NAME/a: the worker is degraded: ${faults}`,
        });
        await must('POST', `${path('b')}/unpause`);
        await one.must(['exec', 'NAME', 'd', '--', 'rm', '/tmp/ill']);
        await until('d is healthy', async () => (await unhealthy()).Status === 'healthy');
        await one.apply();
        expect((await looks(one)).status).toBe('ready');
      },
    },
    'a check that has used up its retries': {
      mechanism: checks,
      does: "a service's check fails twice, and retries is 2",
      right: "fails then, long before create_timeout, with the check's code and output",
      async check() {
        const check = { command: 'echo no luck; exit 9', interval: '100ms', retries: 2 };
        const { error } = await refused(services(container('db', { command: wait('db is up'), healthcheck: check })));
        expect(error.summary).toMatch(/^db is unhealthy: its healthcheck failed \d+ times in a row, the last time: exit code 9: no luck$/);
        expect(error).toMatchObject({ address: 'NAME/db', log: ['db is up'] });
      },
    },
    "an image's own check": {
      mechanism: checks,
      does: 'the HEALTHCHECK of an image fails, first as it is, then with `healthcheck: none`',
      right: "fails as the image's own, with the remedy; then it is ready, and a plan has no changes",
      async check() {
        const image = await imageWith({ change: 'HEALTHCHECK --interval=100ms --retries=1 CMD echo of the image; exit 1' });
        const { error } = await refused(services(container('db', { image, command: wait() })));
        expect(error.summary).toMatch(/^db is unhealthy: its image's own healthcheck failed .* the last time: exit code 1: of the image$/);
        expect(error.detail).toContain('healthcheck: none');
        const one = await worker(services(container('db', { image, command: wait(), healthcheck: 'none' })));
        await one.apply();
        expect((await one.must(['plan', 'SPEC', '--detailed-exitcode'])).code).toBe(0);
      },
    },
    'an engine on the wrong port': {
      mechanism: 'the table of the network namespace says what listens (missingPort)',
      does: 'an engine listens on 8080, and its spec says 8081; another on the loopback alone',
      right: 'says what does listen, and that the loopback is not reached',
      async check() {
        const engine = (port: number, command: unknown) => ({
          ...small,
          create_timeout: 2,
          engine: { image: images.busybox, command, port },
        });
        const [elsewhere, loopback] = await Promise.all([
          refused(engine(8081, serve)),
          refused(engine(8080, ['httpd', '-f', '-p', '127.0.0.1:8080'])),
        ]);
        const late = 'not ready within create_timeout (2 s), waiting for engine:';
        expect(elsewhere.error.summary).toBe(`${late} port 8081 (open ports in the worker: 8080)`);
        expect(loopback.error.summary).toBe(`${late} port 8080 (it listens on 127.0.0.1 only: it must listen on 0.0.0.0)`);
      },
    },
    "a typo in the engine's command": {
      mechanism: causes,
      does: 'the engine ends before the others have joined its network',
      right: "the engine's end, its code and last lines are the one error",
      async check() {
        const tools = ['tool', 'other', 'third'].map((name) => container(name));
        const one = await refused({ ...small, engine: { image: images.busybox, command: ['no-such-command'] }, containers: tools });
        expect(one).toMatchObject({
          code: 1,
          errors: 1,
          error: { code: 'not_ready', address: 'NAME/engine', summary: 'engine ended with exit code 127' },
        });
        expect(one.error.log.join()).toContain('no-such-command');
      },
    },
  },
  { unless: !dockerAvailable() },
);
