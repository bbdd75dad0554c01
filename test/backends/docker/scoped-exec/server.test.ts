import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/clock.js';
import { dialAny } from '../../../../src/state/private-socket.js';
import { startFakeDocker } from '../../../support/fake-docker/index.js';
import { until } from '../../../support/poll.js';
import { afterTest, tempDir } from '../../../support/temp-dir.js';
import { rawRequest, sendRaw } from './raw-client.js';
import { makeContainer, makeExec, serve } from './scene.js';

const ping = rawRequest('GET /_ping');

test('the socket is open to every user', async () => {
  const { socketPath } = await serve('w', (await startFakeDocker()).socketPath);
  const { mode } = await lstat(socketPath);
  expect((mode & 0o777).toString(8)).toBe('666');
});

test('an old socket is replaced, and the one who had it takes nothing of the new one away', async () => {
  const daemon = (await startFakeDocker()).socketPath;
  const first = await serve('w', daemon);
  const second = await serve('w', daemon, { path: first.socketPath });
  await first.close();
  expect((await sendRaw(second.socketPath, ping)).status).toBe(200);
  await second.close();
  await expect(lstat(second.socketPath)).rejects.toThrow('ENOENT');
});

test('a link that the engine put in its place is replaced, not followed', async () => {
  const daemon = (await startFakeDocker()).socketPath;
  const directory = await tempDir('links');
  await writeFile(`${directory}/precious`, 'x', { mode: 0o600 });
  await mkdir(`${directory}/exec`);
  await symlink('../precious', `${directory}/exec/docker.sock`);
  const { socketPath, close } = await serve('w', daemon, { path: `${directory}/exec/docker.sock` });
  expect((await sendRaw(socketPath, ping)).status).toBe(200);
  expect((await lstat(`${directory}/precious`)).mode & 0o777).toBe(0o600);
  await expect(readlink(socketPath)).rejects.toThrow('EINVAL');
  await close();
  expect(await readFile(`${directory}/precious`, 'utf8')).toBe('x');
});

test.runIf(process.platform === 'linux')('a path of any length is served, and removed at the end', async () => {
  const directory = `${await tempDir('long')}/${'x'.repeat(200)}`;
  await mkdir(directory);
  const { close } = await serve('w', (await startFakeDocker()).socketPath, { path: `${directory}/docker.sock` });
  const client = await dialAny(`${directory}/docker.sock`);
  client?.destroy();
  expect(client).not.toBeNull();
  await close();
  expect(await readdir(directory)).toEqual([]);
});

test('one connection serves one request after the other', async () => {
  const { socketPath } = await serve('w', (await startFakeDocker()).socketPath);
  const socket = connect(socketPath);
  const answers: string[] = [];
  for (const line of ['HEAD /_ping', 'GET /v1.41/version', 'GET /info', 'GET /_ping']) {
    const answer = new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    socket.write(rawRequest(line));
    answers.push((await answer).split('\r\n')[0]!);
    // What the table does not know may have been meant for another reader of HTTP: the connection ends with it.
    if (line === 'GET /info') break;
  }
  expect(answers).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 403 Forbidden']);
  await new Promise((resolve) => socket.once('close', resolve));
});

test('a request that does not get whole in time ends its connection', async () => {
  let late = () => {};
  let asked = 0;
  const clock = {
    now: () => 0,
    sleep: (ms: number) => {
      asked = ms;
      return new Promise<void>((resolve) => (late = resolve));
    },
  };
  const { socketPath } = await serve('w', '/nowhere', { clock });
  const socket = connect(socketPath);
  socket.write('GET /_ping HTT');
  await expect.poll(() => asked).toBe(30_000);
  late();
  await new Promise((resolve) => socket.once('close', resolve));
});

test('without a daemon the answer says so', async () => {
  const { socketPath, warnings } = await serve('w', '/nowhere/docker.sock');
  const { status, body } = await sendRaw(socketPath, ping);
  expect([status, body.message]).toEqual([503, 'the docker daemon does not answer']);
  expect(warnings).toHaveLength(1);
});

describe('after a restart of the keeper', () => {
  async function restarted(body: object) {
    const daemon = (await startFakeDocker({ images: ['busybox:1'] })).socketPath;
    const { id } = await makeContainer('mayfly-w.build', { worker: 'w', daemon, image: 'busybox:1' });
    // As if made through the socket that is gone.
    const exec = await makeExec(id, daemon, body);
    const { socketPath } = await serve('w', daemon, { clock: systemClock });
    return { exec, ask: (line: string, given?: unknown) => sendRaw(socketPath, rawRequest(line, { body: given })) };
  }

  test('a detached command can be asked after, none can be started', async () => {
    const { exec, ask } = await restarted({});
    expect((await ask(`GET /exec/${exec}/json`)).status).toBe(200);
    expect((await ask(`POST /exec/${exec}/start`, { Detach: true })).status).toBe(403);
    expect((await ask(`POST /exec/${exec}/resize?h=1&w=1`)).status).toBe(403);
  });
});

test('output that is on its way gets through, though the command went without reading its input', async () => {
  const fake = await startFakeDocker({ images: ['busybox:1'] });
  const { id } = await makeContainer('mayfly-w.build', { worker: 'w', daemon: fake.socketPath, image: 'busybox:1' });
  const output = 150_000;
  const { socketPath: daemon, gone } = await hastyDaemon(fake.socketPath, output);
  const { socketPath } = await serve('w', daemon);
  const made = await sendRaw(socketPath, rawRequest(`POST /v1.41/containers/${id}/exec`, { body: { Cmd: ['head'] } }));
  const body = { Detach: false, Tty: true };
  const socket = connect(socketPath).pause();
  const closed = new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
  const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
  socket.write(rawRequest(`POST /v1.41/exec/${made.body['Id'] as string}/start`, { body, headers }));
  const input = setInterval(() => socket.write(Buffer.alloc(50_000)), 1);
  await gone;
  const sent = () => socket.bytesWritten - socket.writableLength;
  const before = sent();
  await until('input that nobody reads is taken and dropped', () => socket.destroyed || sent() > before + 1_000_000);
  clearInterval(input);
  let came = 0;
  socket.on('data', (chunk: Buffer) => (came += chunk.length)).resume();
  await closed;
  expect(came).toBeGreaterThan(output);
});

/** Passes calls on to a daemon, but runs no command: it writes as much, and closes with its input unread. */
async function hastyDaemon(target: string, output: number) {
  const socketPath = `${await tempDir('hasty')}/docker.sock`;
  let left = () => {};
  const gone = new Promise<void>((resolve) => (left = resolve));
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', (first: Buffer) => {
      if (/^POST \S+\/start /.test(first.toString('latin1'))) {
        client.pause();
        client.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
        client.write(Buffer.alloc(output), () => {
          client.destroy();
          left();
        });
      } else {
        const upstream = connect(target);
        upstream.write(first);
        client.pipe(upstream).pipe(client);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  afterTest(() => void server.close());
  return { socketPath, gone };
}
