import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { backendSubject } from '../backends/docker/subjects.js';
import { openPlace, run } from '../backends/process/support.js';
import { type BackendSubject, collector } from '../contract/backend.js';
import { detachedContract } from '../contract/detached.js';
import { container, small, type Worker, worker } from '../docker/support.js';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { cliPath, spawnCli } from '../support/run-cli.js';
import { removeWhole } from '../support/whole.js';

const never = new AbortController().signal;

/** Runs commands that end at once with the codes from 0 on, four at a time. */
async function exactCodes(backend: Backend, worker: string, count: number): Promise<void> {
  const { detached } = backend.sessions!;
  const codes = Array.from({ length: count }, (_, code) => code);
  const found: [number, unknown][] = [];
  const next = async (): Promise<void> => {
    const code = codes.pop();
    if (code === undefined) return;
    const place = { worker, container: 'build', id: randomUUID() };
    await detached.start({ ...place, command: ['sh', '-c', `exit ${code}`], timeout: null, cap: 512 });
    found.push([code, await detached.state(place, { wait: true, signal: never })]);
    return next();
  };
  await Promise.all([next(), next(), next(), next()]);
  expect(found.toSorted(([a], [b]) => a - b)).toEqual(Array.from({ length: count }, (_, code) => [code, { state: 'exited', code }]));
}

test('200 commands of a process node that end at once have their exact codes', async () => {
  const { backend, close } = openPlace();
  await backend.prepare();
  await run(backend, 'many', 'build', {});
  try {
    await exactCodes(backend, 'many', 200);
  } finally {
    await removeWhole(backend, 'many');
    await close();
  }
});

describe.skipIf(!dockerAvailable())('real Docker', () => {
  detachedContract('docker', () => backendSubject());

  describe('in one container', () => {
    let subject: BackendSubject;
    let name: string;
    beforeAll(async () => {
      subject = await backendSubject();
      name = subject.workerName('many');
      await subject.make(name, {});
    });
    afterAll(async () => {
      await removeWhole(subject.backend, name);
      await subject.close();
    });

    test('40 commands that end at once have their exact codes', () => exactCodes(subject.backend, name, 40));

    test('a time-out ends the whole group, also children that ignore TERM, in a session of their own, or without their parent', async () => {
      const { detached, exec } = subject.backend.sessions!;
      const place = { worker: name, container: 'build', id: randomUUID() };
      const script = `trap '' TERM; setsid sleep 4321 & (sleep 4321 & sleep 4321 &) ; echo up; while :; do sleep 4321; done`;
      await detached.start({ ...place, command: ['sh', '-c', script], timeout: 1000, cap: 512 });
      expect(await detached.state(place, { wait: true, signal: never })).toEqual({ state: 'timed_out' });
      const { stream, text } = collector();
      const streams = { stdin: null, stdout: stream, stderr: stream };
      const cancel = { stop: never, kill: never, grace: 0, signal: () => 'TERM' as const };
      await exec(name, 'build', { command: ['sh', '-c', 'cat /proc/[0-9]*/cmdline | grep -c 432[1]'], streams, cancel });
      expect(text()).toBe('0\n');
    });
  });

  describe.concurrent('from the command line', () => {
    const storage = 1000;
    const sh = (script: string) => ['--', 'sh', '-c', script];
    const detach = async (one: Worker, ...words: string[]) => (await one.must(['exec', '--detach', ...words])).stdout.trim();

    test('256 MB of output reach a caller that is killed midway, and then another: whole, and with the exact code', async () => {
      const one = await worker({ ...small, storage, containers: [container('build', { storage })] });
      await one.apply();
      const script = 'dd if=/dev/zero bs=1M count=256 2>/dev/null | tr "\\0" x; sleep 1; exit 77';
      const id = await detach(one, '--keep-output', '300MB', 'NAME', 'build', ...sh(script));
      const killed = await spawnCli(['exec', one.name, '--attach', id], { machine: one.machine });
      await until('output arrives', () => killed.stdout().length > 1_000_000, { withinMs: 60_000 });
      killed.child.kill('SIGKILL');
      expect((await killed.done).stdout.length).toBeLessThan(256 * 2 ** 20);
      expect(await counted(one, ['exec', one.name, '--attach', id])).toEqual({ code: 77, bytes: 256 * 2 ** 20 });
    });

    test('every user of a container may detach commands, an image without a shell is refused, and a killed start is whole', async () => {
      const bare = { image: images.node, memory: 64, command: ['node', '-e', 'setInterval(() => {}, 1000)'] };
      const containers = [container('build'), container('user', { user: '1000:1001' }), container('bare', bare)];
      const one = await worker({ ...small, containers });
      await one.apply();
      const users: [string, string[], string][] = [
        ['user', ['--user', '0'], '0\n'],
        ['user', [], '1000\n'],
        ['build', ['--user', '1000:5'], '1000\n'],
      ];
      for (const [place, user, output] of users) {
        const id = await detach(one, ...user, 'NAME', place, ...sh('id -u; sleep 1000'));
        await until('it is up', async () => (await one.must(['exec', 'NAME', '--output', id])).stdout === output);
        await one.must(['exec', 'NAME', '--stop', id]);
        const ended = await one.cli(['exec', 'NAME', '--attach', id]);
        expect(ended).toMatchObject({ code: 143, stdout: output, stderr: expect.stringContaining('it was stopped') });
      }
      const refused = await one.cli(['exec', '--detach', 'NAME', 'bare', '--', 'true']);
      expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('bare: the image has no `sh`') });

      for (const [option, value, why] of [
        ['--user', 'nobody2', 'unable to find user nobody2'],
        ['--workdir', '/nope', 'chdir to cwd ("/nope")'],
      ] as const) {
        const wrong = await one.cli(['exec', '--detach', option, value, 'NAME', 'build', '--', 'true']);
        expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(why) });
      }

      for (const ms of [150, 250, 350, 450]) {
        const starting = await spawnCli(['exec', '--detach', one.name, 'build', ...sh('exit 9')], { machine: one.machine });
        setTimeout(() => starting.child.kill('SIGKILL'), ms);
        const { stdout } = await starting.done;
        if (stdout !== '') expect(await one.cli(['exec', 'NAME', '--attach', stdout.trim()])).toMatchObject({ code: 9 });
      }
      const unfinished = 'cd /.mayfly; for i in *; do [ ! -e $i/claim ] || [ -e $i/result ] || echo $i; done';
      await until('all have ended', async () => (await one.must(['exec', 'NAME', 'build', ...sh(unfinished)])).stdout === '');
    });
  });
});

/** The exit code of a command line, and how many bytes it prints. */
async function counted({ machine }: Worker, words: string[]): Promise<{ code: number; bytes: number }> {
  const child = spawn(process.execPath, [cliPath, ...words], { env: machine.env, stdio: ['ignore', 'pipe', 'inherit'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const [code] = (await once(child, 'close')) as [number];
  return { code, bytes };
}
