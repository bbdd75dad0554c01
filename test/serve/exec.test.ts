import { execFileSync, spawn } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { cancelOn } from '../../src/backends/shared/cancel.js';
import { systemClock } from '../../src/clock.js';
import { ServiceClient } from '../../src/client/client.js';
import { execInRun } from '../../src/client/exec/exec.js';
import { filesInRun } from '../../src/client/files.js';
import { follow } from '../../src/client/follow.js';
import { hasTerminal } from '../cli/has-terminal.js';
import { dockerAvailable, dockerSocket, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { cliPath, spawnCli } from '../support/run-cli.js';
import { copyIn, copyOut } from '../../src/worker/copy.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { type Service, server } from './service.js';

const never = new AbortController().signal;

interface Running {
  service: Service;
  connection: Parameters<typeof execInRun>[0];
  id: string;
  env: Record<string, string>;
  on: Awaited<ReturnType<typeof server>>['on'];
}

/** A service on Docker with a running run. */
async function running(): Promise<Running> {
  const { on, start } = await server(`unix://${dockerSocket()}`);
  const service = await start();
  const connection = { server: new URL(`${service.url}/`), token: service.token, clock: systemClock, signal: never };
  const client = new ServiceClient(connection);
  const size = { cpu: 1000, memory: 256, storage: 0 };
  const { id } = await service.submit({
    name: 'work',
    max_duration: 280,
    ...size,
    engine: { image: images.busybox, command: ['sleep', '1000'] },
  });
  afterTest(async () => {
    await client.cancel(id, 'the test is over');
    await follow(client, id, () => false, { clock: systemClock, signal: never });
  });
  const { state } = await follow(client, id, (run) => run.state === 'running', { clock: systemClock, signal: never });
  expect(state).toBe('running');
  return { service, connection, id, on, env: { MAYFLY_SERVER: service.url, MAYFLY_TOKEN: service.token } };
}

async function run({ connection, id }: Running, command: string[], stdin: Readable | null = null, stdout = new PassThrough()) {
  const stderr = new PassThrough().resume();
  const cancel = cancelOn(new AbortController().signal);
  const ended = execInRun(connection, id, { command, container: 'engine', streams: { stdin, stdout, stderr }, cancel });
  return ended.finally(() => stdout.end());
}

/** MB that the process had in memory at most so far. */
async function peak(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** 256 MB that nothing can compress, and their hash when all were read. */
function bytes(): { input: Readable; digest(): string } {
  const [cipher, hash] = [createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)), createHash('sha256')];
  const blocks = function* () {
    for (let left = 1024; left > 0; left -= 1) {
      const block = cipher.update(Buffer.alloc(262_144));
      hash.update(block);
      yield block;
    }
  };
  return { input: Readable.from(blocks(), { highWaterMark: 1 }), digest: () => hash.digest('hex') };
}

test.skipIf(!dockerAvailable())('200 commands at once: each has its own output and exit code', async () => {
  const one = await running();
  const ran = await Promise.all(
    Array.from({ length: 200 }, async (_, number) => {
      const stdout = new PassThrough();
      const [output, { code }] = await Promise.all([text(stdout), run(one, ['sh', '-c', `echo ${number}; exit ${number}`], null, stdout)]);
      return `${output.trim()} ${code}`;
    }),
  );
  expect(ran).toEqual(Array.from({ length: 200 }, (_, number) => `${number} ${number}`));
});

test.skipIf(!dockerAvailable())('256 MB each way arrive intact, and the memory of the service stays flat', async () => {
  const one = await running();
  await run(one, ['true']);
  const before = await peak(one.service.cli.pid);
  const { input, digest } = bytes();
  const [came, stdout] = [createHash('sha256'), new PassThrough()];
  stdout.on('data', (chunk: Buffer) => came.update(chunk));
  expect(await run(one, ['cat'], input, stdout)).toEqual({ code: 0, why: null });
  expect(came.digest('hex')).toBe(digest());
  expect((await peak(one.service.cli.pid)) - before).toBeLessThan(100);

  // Files: one goes out and in again. Up to 64 MB of it are read before its paths are checked.
  const files = await filesInRun(one.connection, one.id, 'engine');
  const make = 'mkdir /tmp/in && head -c 200000000 /dev/urandom >/tmp/file && sha256sum </tmp/file';
  const sums = [new PassThrough(), new PassThrough()] as const;
  const texts = Promise.all(sums.map((sum) => text(sum)));
  await run(one, ['sh', '-c', make], null, sums[0]);
  const directory = await tempDir('files');
  await copyOut(files, '/tmp/file', directory, systemClock, never);
  await copyIn(files, join(directory, 'file'), '/tmp/in', never);
  await run(one, ['sh', '-c', 'sha256sum </tmp/in/file'], null, sums[1]);
  const [made, written] = await texts;
  expect([made!.length, written]).toEqual([68, made]);
  expect((await peak(one.service.cli.pid)) - before).toBeLessThan(250);
});

test.skipIf(!dockerAvailable())('the command of a client that is gone is ended, also while its input is held back', async () => {
  const one = await running();
  const left = async (seconds: string) => {
    const stdout = new PassThrough();
    const [output] = await Promise.all([text(stdout), run(one, ['sh', '-c', `ps | grep -c '[s]leep ${seconds}'`], null, stdout)]);
    return Number(output);
  };
  const killed = async (seconds: string, more: string[]) => {
    const cli = await spawnCli(['exec', ...more, 'work', '--', 'sleep', seconds], { machine: one.on, env: one.env });
    if (more.length > 0) cli.child.stdin!.write(Buffer.alloc(16_777_216));
    await until('the command', async () => (await left(seconds)) === 1 || undefined, { withinMs: 30_000 });
    cli.child.kill('SIGKILL');
    await until('its end', async () => (await left(seconds)) === 0 || undefined, { withinMs: 60_000 });
  };
  await Promise.all([killed('4001', []), killed('4002', ['-i'])]);
});

test.skipIf(!dockerAvailable() || !hasTerminal())('exec -it on a terminal: its size, a change of it, Ctrl-C, the exit code', async () => {
  const one = await running();
  const words = [process.execPath, cliPath, 'exec', '-it', 'work', '--', 'sh'].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty rows 24 cols 91; tty; ${words}`, '/dev/null'], {
    env: { ...one.on.env, ...one.env, TERM: 'xterm' },
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  const closed = new Promise((resolve) => child.once('close', resolve));
  const says = (pattern: RegExp) => until(`${pattern}`, () => pattern.exec(screen) ?? undefined, { withinMs: 30_000 });
  const [, device] = await says(/^(\/dev\/pts\/\d+)\r?$/m);
  await says(/[#$] /);
  child.stdin.write('until [ "$(stty size)" = "24 91" ]; do :; done; echo si""zed\n');
  await says(/^sized\r?$/m);
  execFileSync('stty', ['-F', device!, 'rows', '40', 'cols', '100']);
  child.stdin.write('until [ "$(stty size)" = "40 100" ]; do :; done; echo re""sized; sleep 1000; echo inter""rupted\n');
  await says(/^resized\r?$/m);
  child.stdin.write('\x03');
  child.stdin.write('echo still he""re\n');
  await says(/^still here\r?$/m);
  child.stdin.write('exit 7\n');
  expect(await closed).toBe(7);
});
