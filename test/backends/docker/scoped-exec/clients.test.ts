import { describe, expect, test } from 'vitest';
import { dockerAvailable, dockerSocket, images, must } from '../../../support/docker.js';
import { until } from '../../../support/poll.js';
import { uniqueName } from '../../../support/temp-dir.js';
import { dockerClients, ensureClients, runClient, runOnTerminal, startClient } from './docker-clients.js';
import { makeContainer, serve } from './scene.js';
import { startTap } from './tap.js';

const available = dockerAvailable();
// Before the table of versions is made.
if (available) await ensureClients();
const clients = available ? dockerClients() : new Map<string, string>();

test.skipIf(!available)('there are several versions of the client', ({ skip }) => {
  const few = clients.size < 2;
  if (process.env.MAYFLY_REQUIRE_DOCKER === '1') expect([...clients.keys()].length).toBeGreaterThanOrEqual(3);
  else skip(few, `only ${[...clients.keys()].join()} is here: scripts/test-docker-clients.sh builds more`);
});

describe.skipIf(clients.size === 0).each([...clients])('docker %s', (_version, docker) => {
  let worker: string;
  let host: string;
  let own: string;

  // Each test has a worker of its own.
  async function scene(daemon = dockerSocket()) {
    worker = uniqueName();
    const served = await serve(worker, daemon);
    host = served.host;
    own = (await makeContainer(`mayfly-${worker}.build`, { worker, daemon: dockerSocket(), image: images.busybox })).name;
    return served;
  }
  const exec = (...args: string[]) => runClient(docker, ['exec', ...args], host);

  test('exit codes, and what is written to each stream', async () => {
    await scene();
    expect(await exec(own, 'sh', '-c', 'echo out; echo err >&2; exit 42')).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
    expect((await exec(own, 'true')).code).toBe(0);
    expect((await exec(own, 'nonsense')).code).toBeGreaterThanOrEqual(126);
  });

  test('standard input', async () => {
    await scene();
    const input = 'x'.repeat(300_000);
    expect((await runClient(docker, ['exec', '-i', own, 'wc', '-c'], host, input)).stdout.trim()).toBe('300000');
    // A command that does not read it.
    expect((await runClient(docker, ['exec', '-i', own, 'true'], host, input)).code).toBe(0);
    expect((await runClient(docker, ['exec', '-i', own, 'cat'], host, '')).stdout).toBe('');
  });

  test('directory, environment, detached', async () => {
    await scene();
    expect((await exec('-w', '/tmp', '-e', 'GREETING=hello world', own, 'sh', '-c', 'echo $PWD $GREETING')).stdout).toBe(
      '/tmp hello world\n',
    );
    expect(await exec('-d', own, 'sh', '-c', 'echo detached > /tmp/note')).toEqual({ code: 0, stdout: '', stderr: '' });
    await until('the detached command has written', async () => (await exec(own, 'cat', '/tmp/note')).stdout === 'detached\n');
  });

  test('a terminal with its size', async () => {
    await scene();
    // The client tells the size when the command runs already.
    const waiting = 'until [ "$(stty size)" = "33 77" ]; do sleep 0.05; done; tty; exit 5';
    const { code, stdout } = await runOnTerminal(docker, ['exec', '-it', own, 'sh', '-c', waiting], host);
    expect(stdout).toMatch(/\/dev\/pts\/\d+\r\n/);
    expect(code).toBe(5);
  });

  test('what is refused is told', async () => {
    await scene();
    const { name } = await makeContainer(uniqueName('stranger'), { daemon: dockerSocket(), image: images.busybox });
    const refusals = [
      [/is not a container of this worker/, 'exec', name, 'id'],
      [/Privileged/, 'exec', '--privileged', own, 'id'],
      [/User must be left out/, 'exec', '-u', 'root', own, 'id'],
      [/only runs commands/, 'ps'],
      [/only runs commands/, 'rm', '-f', own],
      [/only runs commands/, 'cp', `${own}:/etc/passwd`, '-'],
      [/only runs commands/, 'run', images.busybox, 'id'],
    ] as const;
    for (const [why, ...args] of refusals) {
      const { code, stdout, stderr } = await runClient(docker, args, host);
      expect(stderr, args.join(' ')).toMatch(why);
      expect(code).toBe(args[0] === 'run' ? 125 : 1);
      expect(stdout).toBe('');
    }
    expect((await must<{ State: { Running: boolean } }>('GET', `/containers/${own}/json`)).State.Running).toBe(true);
  });

  describe('fails, and does not hang, when in the middle of a stream', () => {
    async function streaming(daemon?: string) {
      const served = await scene(daemon);
      const run = await startClient(docker, ['exec', own, 'sh', '-c', 'echo begun; sleep 1000'], host);
      await until('the command runs', () => run.stdout() === 'begun\n');
      return { served, run };
    }

    test('the server is closed', async () => {
      const { served, run } = await streaming();
      await served.close();
      expect((await run.result).code).toBe(255);
    });

    test('the server is replaced by another', async () => {
      const { served, run } = await streaming();
      // In its place before the old one is gone, as far as the client can tell.
      await serve(worker, dockerSocket(), { path: served.socketPath });
      await served.close();
      const { code, stderr } = await run.result;
      expect(stderr).toContain('broke before its end');
      expect(code).toBe(1);
    });

    test('the daemon goes away', async () => {
      const tap = await startTap(dockerSocket());
      const { run } = await streaming(tap.socketPath);
      await tap.cut();
      const { code, stderr } = await run.result;
      expect(stderr).toContain('the docker daemon does not answer');
      expect(code).toBe(1);
    });
  });
});
