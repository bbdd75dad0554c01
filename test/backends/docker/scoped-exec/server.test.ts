import { lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../../../src/errors.js';
import { systemClock } from '../../../../src/clock.js';
import { startFakeDocker } from '../../../support/fake-docker/index.js';
import { tempDir } from '../../../support/temp-dir.js';
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

test('a path too long for a socket is told before anything is bound', async () => {
  const path = `/tmp/${'x'.repeat(100)}/docker.sock`;
  const error = await serve('w', '/nowhere', { path }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MayflyError);
  expect(error).toMatchObject({ code: 'settings_invalid', remedy: expect.stringContaining('MAYFLY_STATE_DIR') });
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
