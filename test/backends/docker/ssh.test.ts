import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { cancelOn } from '../../../src/backends/shared/cancel.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { findEndpoint, parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { defaultExecRoot, dockerBackend } from '../../../src/backends/docker/index.js';
import { systemClock } from '../../../src/clock.js';
import { backendContract } from '../../contract/backend.js';
import { dockerAvailable, dockerSocket } from '../../support/docker.js';
import { until } from '../../support/poll.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { backendSubject, baseSpec } from './subjects.js';

const always = ['-o', 'ConnectTimeout=30'];
const dial = ['docker', 'system', 'dial-stdio'];

describe('an ssh host', () => {
  test.each<[string, string[], string]>([
    ['ssh://box', [...always, '--', 'box', ...dial], 'box'],
    ['ssh://box/', [...always, '--', 'box', ...dial], 'box'],
    ['ssh://me@box.example:2222', [...always, '-l', 'me', '-p', '2222', '--', 'box.example', ...dial], 'box.example'],
    ['ssh://me%40corp@box', [...always, '-l', 'me@corp', '--', 'box', ...dial], 'box'],
    ['ssh://[fe80::1%25eth0]:22', [...always, '-p', '22', '--', 'fe80::1%eth0', ...dial], 'fe80::1%eth0'],
    [
      'ssh://box/run/user/1000/docker.sock',
      [...always, '--', 'box', 'docker', '--host', 'unix:///run/user/1000/docker.sock', 'system', 'dial-stdio'],
      'box',
    ],
  ])('%s', (url, args, host) => {
    const env = { SSH_AUTH_SOCK: '/agent' };
    expect(parseEndpoint(url, null, env)).toMatchObject({ url, host, ssh: { args, env }, local: false, socketPath: null, tls: null });
  });

  test.each([
    'ssh://',
    'ssh://-oProxyCommand=touch',
    'ssh://-oProxyCommand=touch/run/docker.sock',
    'ssh://me@-F',
    'ssh://-v@box',
    'ssh://%2Dv@box',
    'ssh://me:secret@box',
    'ssh://box:port',
    'ssh://box/a;reboot',
    'ssh://box/$(reboot)',
    'ssh://box?x=1',
    'ssh://b ox',
    'ssh://box/a\nb',
  ])('is not %j', (url) => {
    expect(() => parseEndpoint(url, null, {})).toThrow(expect.objectContaining({ code: 'settings_invalid' }) as Error);
  });

  test('is named by a docker context', async () => {
    const config = await tempDir();
    const folder = join(config, 'contexts/meta', createHash('sha256').update('far').digest('hex'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'meta.json'), JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: 'ssh://me@far' } } }));
    const env = { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'far', PATH: '/bin' };
    expect(findEndpoint(env)).toMatchObject({ url: 'ssh://me@far', ssh: { args: [...always, '-l', 'me', '--', 'far', ...dial], env } });
  });
});

interface Scene {
  backend: Backend;
  /** The arguments of each ssh that was started. */
  calls(): string[];
  /** Of the processes that are still there. */
  alive(): string[];
}

/** A backend whose `ssh` is a script, started in an environment that tells it from others. */
async function scene(script: string | null, url = 'ssh://me@box:22'): Promise<Scene> {
  const directory = await tempDir('ssh');
  const log = join(directory, 'calls');
  if (script !== null) await writeFile(join(directory, 'ssh'), `#!/bin/sh\necho "$*" >>${log}\n${script}\n`, { mode: 0o755 });
  const PATH = script === null ? directory : `${directory}:${process.env.PATH}`;
  const endpoint = findEndpoint({ DOCKER_HOST: url, PATH, HOME: directory });
  const backend = dockerBackend({ endpoint, clock: systemClock, execRoot: defaultExecRoot({}) });
  afterTest(() => backend.close());
  return {
    backend,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    alive: () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`HOME=${directory}\0`)),
  };
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

/** The far side is this machine. */
const through = `exec env DOCKER_HOST=unix://${dockerSocket()} docker system dial-stdio`;

describe('what ssh says when it fails', () => {
  const list = async (script: string | null) => (await scene(script)).backend.list();

  test.each<[string, string | null, string, RegExp]>([
    ['there is none', null, 'there is no ssh on the PATH', /openssh-client/],
    [
      'no key fits',
      'echo "me@box: Permission denied (publickey)." >&2; exit 255',
      'ssh: me@box: Permission denied (publickey).',
      /ssh-add/,
    ],
    [
      'the host is unknown',
      'printf "No ED25519 host key is known for box.\\r\\nHost key verification failed.\\r\\n" >&2; exit 255',
      'ssh: No ED25519 host key is known for box.; Host key verification failed.',
      /ssh box/,
    ],
    [
      'nobody answers',
      'echo "ssh: connect to host box port 22: Connection refused" >&2; exit 255',
      'ssh: ssh: connect to host box port 22: Connection refused',
      /-l me -p 22 -- box docker/,
    ],
    [
      'there is no docker',
      'echo "sh: 1: docker: not found" >&2; exit 127',
      'docker system dial-stdio on box: sh: 1: docker: not found',
      /install the docker/,
    ],
    ['it says nothing', 'exit 255', 'ssh: ended with status 255', /see the messages of: ssh/],
    ['it is killed', 'kill -9 $$', 'ssh: ended with SIGKILL', /see the messages of: ssh/],
    // As a shared connection that stays behind does.
    ['its output outlives it', 'sleep 20 >/dev/null & echo "no route" >&2; exit 255', 'ssh: no route', /see the messages of: ssh/],
  ])('%s', async (_title, script, cause, remedy) => {
    await expect(list(script)).rejects.toMatchObject({
      code: 'backend_unreachable',
      place: { path: 'ssh://me@box:22' },
      message: expect.stringContaining(cause) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  test('an offer has it as its reason', async () => {
    const { backend } = await scene('echo "me@box: Permission denied (publickey)." >&2; exit 255');
    const { accepted, reasons } = await backend.offer(baseSpec);
    expect([accepted, reasons[0]]).toEqual([false, expect.stringContaining('Permission denied (publickey)')]);
  });

  test('requests that wait for a connection end when it is closed', async () => {
    const { backend, alive } = await scene('exec sleep 1000');
    const lists = Array.from({ length: 12 }, () => backend.list());
    const ends = Promise.allSettled(lists);
    await until('some connections', () => alive().length === 8);
    backend.close();
    expect((await ends).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'rejected'));
    await until('the end of every ssh', () => alive().length === 0);
  });
});

describe.skipIf(!dockerAvailable())('real Docker behind ssh', () => {
  test('a few MB through a command and back, many at once, and no ssh is left behind', async () => {
    const { backend, calls, alive } = await scene(through);
    const subject = await backendSubject(undefined, {}, backend);
    afterTest(() => subject.close());
    const worker = subject.workerName('one');
    await subject.make(worker, {});
    const run = async (command: string[], stdin: Buffer | null) => {
      const stdout = new PassThrough();
      const streams = { stdin: stdin && Readable.from([stdin]), stdout, stderr: new PassThrough().resume() };
      const [code, output] = await Promise.all([
        backend
          .sessions!.exec(worker, 'build', { command, streams, cancel: cancelOn(new AbortController().signal) })
          .finally(() => stdout.end()),
        buffer(stdout),
      ]);
      return { code, output };
    };
    const bytes = randomBytes(8 * 2 ** 20);
    const echoed = await run(['cat'], bytes);
    expect([echoed.code, echoed.output.equals(bytes)]).toEqual([0, true]);
    const codes = await Promise.all(Array.from({ length: 12 }, (_, code) => run(['sh', '-c', `exit ${code}`], null)));
    expect(codes.map(({ code }) => code)).toEqual(Array.from({ length: 12 }, (_, code) => code));
    // One that does not read what it is given.
    expect((await run(['sh', '-c', 'echo done; exit 3'], bytes)).code).toBe(3);
    expect(new Set(calls())).toEqual(new Set(['-o ConnectTimeout=30 -l me -p 22 -- box docker system dial-stdio']));
    expect(alive().length).toBeLessThanOrEqual(4 + 8);
    await subject.close();
    await until('the end of every ssh', () => alive().length === 0);
  });

  test('an idle connection that was lost is made again', async () => {
    const { backend, calls, alive } = await scene(through);
    await backend.list();
    const before = calls().length;
    for (const pid of alive()) process.kill(Number(pid), 'SIGKILL');
    await backend.list();
    expect(calls().length).toBeGreaterThan(before);
  });

  backendContract('docker through ssh', async () => {
    const directory = await tempDir('ssh');
    await writeFile(join(directory, 'ssh'), `#!/bin/sh\n${through}\n`, { mode: 0o755 });
    const endpoint = findEndpoint({ DOCKER_HOST: 'ssh://box', PATH: `${directory}:${process.env.PATH}`, HOME: directory });
    return backendSubject(undefined, {}, dockerBackend({ endpoint, clock: systemClock, execRoot: defaultExecRoot({}) }));
  });
});
