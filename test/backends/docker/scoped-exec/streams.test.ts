import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { dockerAvailable, dockerSocket, images, must } from '../../../support/docker.js';
import { until } from '../../../support/poll.js';
import { uniqueName } from '../../../support/temp-dir.js';
import { rawRequest, sendRaw } from './raw-client.js';
import { makeContainer, serve } from './scene.js';
import { startTap } from './tap.js';

const upgrade = { Connection: 'Upgrade', Upgrade: 'tcp' };

async function scene() {
  const worker = uniqueName();
  const tap = await startTap(dockerSocket());
  const served = await serve(worker, tap.socketPath);
  const own = await makeContainer(`mayfly-${worker}.build`, { worker, daemon: dockerSocket(), image: images.busybox });
  const ask = (line: string, body?: unknown, headers = {}) => sendRaw(served.socketPath, rawRequest(line, { body, headers }));
  const create = async (Cmd: string[], more: object = {}): Promise<string> => {
    const body = { Cmd, AttachStdin: true, AttachStdout: true, AttachStderr: true, ...more };
    return (await ask(`POST /v1.41/containers/${own.id}/exec`, body)).body['Id'] as string;
  };
  return { worker, tap, served, own, ask, create };
}

/** Starts an exec, and leaves the connection to the test. */
function start(socketPath: string, exec: string, { headers = upgrade as object, Tty = false, stdin = '' } = {}): Socket {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.write(rawRequest(`POST /v1.41/exec/${exec}/start`, { body: { Detach: false, Tty }, headers: { ...headers } }) + stdin);
  return socket;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The connection on which the worker's containers are listed stays open. */
const kept = 1;

const bodyOf = (answer: Buffer) => answer.subarray(answer.indexOf('\r\n\r\n') + 4);

describe.skipIf(!dockerAvailable())('streams', () => {
  test("the client's half-close is the end of the command's input", async () => {
    const { served, ask, create } = await scene();
    const exec = await create(['sh', '-c', 'sha256sum; echo apart >&2; exit 7']);
    const input = randomBytes(3 * 2 ** 20);
    const socket = start(served.socketPath, exec);
    socket.end(input);
    const answer = await readAll(socket);
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    expect(answer.toString('latin1')).toContain(`${createHash('sha256').update(input).digest('hex')}  -\n`);
    // A frame of the error stream: 2, three zeros, the length.
    expect(answer.toString('latin1')).toContain('\x02\0\0\0\0\0\0\x06apart\n');
    expect((await ask(`GET /v1.41/exec/${exec}/json`)).body['ExitCode']).toBe(7);
  });

  test('a client that does not ask for an upgrade gets the older raw stream, both ways', async () => {
    const { served, create } = await scene();
    const exec = await create(['cat']);
    // Input right behind the body, before there is an answer.
    const socket = start(served.socketPath, exec, { headers: {}, stdin: 'early ' });
    socket.end('late');
    const answer = (await readAll(socket)).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).not.toMatch(/upgrade|chunked/i);
    expect(answer.replaceAll(/\x01\0{6}[^]/g, '')).toMatch(/early late$/);
  });

  test('a terminal is raw and can be resized', async () => {
    const { served, ask, create } = await scene();
    const exec = await create(['sh', '-c', 'read line; stty size; tty'], { Tty: true });
    const socket = start(served.socketPath, exec, { Tty: true });
    const output = readAll(socket);
    await until('the terminal is there', async () => (await ask(`POST /v1.41/exec/${exec}/resize?h=33&w=77`, '')).status === 200);
    socket.write('go\n');
    expect(bodyOf(await output).toString()).toMatch(/^go\r\n33 77\r\n\/dev\/pts\/\d+\r\n$/);
  });

  test('a client that does not read stops the command, not our memory', async () => {
    const { served, tap, create } = await scene();
    const socket = start(served.socketPath, await create(['cat', '/dev/zero']));
    socket.pause();
    let before = -1;
    await until(
      'nothing more comes from the daemon',
      () => {
        const still = tap.received > 0 && tap.received === before;
        before = tap.received;
        return still;
      },
      { everyMs: 200 },
    );
    expect(tap.received).toBeLessThan(4 * 2 ** 20);
    socket.destroy();
    await until("the daemon's connection is closed", () => tap.open() === kept);
  });

  test('a client that leaves takes its connection to the daemon along', async () => {
    const { served, tap, create } = await scene();
    const socket = start(served.socketPath, await create(['yes']));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await until("the daemon's connection is closed", () => tap.open() === kept);
  });

  test('when the daemon breaks the stream the client is told, and nobody is told an exit code', async () => {
    const { served, tap, create, ask } = await scene();
    const exec = await create(['yes']);
    const socket = start(served.socketPath, exec);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.resume();
    const closed = new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
    socket.end();
    await tap.cut();
    await closed;
    expect((await ask(`GET /v1.41/exec/${exec}/json`)).status).toBeGreaterThan(400);
  });

  test('when the server is closed the stream ends, and the next server tells no exit code of it', async () => {
    const { worker, served, create } = await scene();
    const exec = await create(['sh', '-c', 'echo begun; cat']);
    const socket = start(served.socketPath, exec);
    await new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
    socket.resume().on('end', () => socket.end());
    await served.close();
    await closed;
    const next = await serve(worker, dockerSocket(), { path: served.socketPath });
    const { status, body } = await sendRaw(next.socketPath, rawRequest(`GET /v1.41/exec/${exec}/json`));
    expect([status, body.message]).toEqual([409, expect.stringContaining('broke before its end')]);
  });
});

describe.skipIf(!dockerAvailable())('names', () => {
  test('a foreign container that takes the name of an own one is not taken for it, and one that lost its name is nobody’s', async () => {
    const { own, ask } = await scene();
    const exec = { Cmd: ['true'] };
    await must('POST', `/containers/${own.id}/rename?name=${own.name}-renamed`);
    await makeContainer(own.name, { daemon: dockerSocket(), image: images.busybox });
    for (const name of [own.name, `${own.name}-renamed`, own.id])
      expect((await ask(`POST /v1.41/containers/${name}/exec`, exec)).status).toBe(403);
  });

  test('a foreign container whose name is the short id of an own one is not taken for it', async () => {
    const { own, ask } = await scene();
    await makeContainer(own.id.slice(0, 12), { daemon: dockerSocket(), image: images.busybox });
    const { body } = await ask(`GET /v1.41/containers/${own.id.slice(0, 12)}/json`);
    expect(body['Id']).toBe(own.id);
  });
});
