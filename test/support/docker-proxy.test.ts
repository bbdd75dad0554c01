import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { api, dockerAvailable, images, must, removeObject } from './docker.js';
import { type Moment, type OnCall, startDockerProxy } from './docker-proxy.js';
import { until } from './poll.js';
import { afterTest, uniqueName } from './temp-dir.js';

async function proxied(onCall?: OnCall) {
  const proxy = await startDockerProxy(onCall ? { onCall } : {});
  afterTest(() => proxy.close());
  return proxy;
}

async function container(command: string[]): Promise<string> {
  const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=${uniqueName('proxy')}`, {
    Image: images.busybox,
    Cmd: command,
    HostConfig: { Init: true, NetworkMode: 'none' },
  });
  afterTest(() => removeObject({ kind: 'container', id: Id }));
  await must('POST', `/containers/${Id}/start`);
  return Id;
}

describe.skipIf(!dockerAvailable())('docker proxy', () => {
  test('forwards calls as they are and counts them', async () => {
    const proxy = await proxied();
    const name = uniqueName('proxy');
    afterTest(() => removeObject({ kind: 'volume', id: name }));
    expect((await api('POST', '/volumes/create', { Name: name, Labels: { a: 'b' } }, proxy.socketPath)).status).toBe(201);
    expect((await api('GET', `/volumes/${name}`, undefined, proxy.socketPath)).body).toMatchObject({ Labels: { a: 'b' } });
    expect((await api('DELETE', `/volumes/${name}`, undefined, proxy.socketPath)).status).toBe(204);
    expect((await api('GET', `/volumes/${name}`, undefined, proxy.socketPath)).status).toBe(404);
    expect(proxy.calls.map(({ index, method, status }) => [index, method, status])).toEqual([
      [0, 'POST', 201],
      [1, 'GET', 200],
      [2, 'DELETE', 204],
      [3, 'GET', 404],
    ]);
  });

  test('tells three moments of a call, in order', async () => {
    const seen: Moment[] = [];
    const proxy = await proxied((call) => void seen.push(call.moment));
    await must('GET', '/version', undefined, proxy.socketPath);
    await until('the call is over', () => seen.length === 3);
    expect(seen).toEqual(['before', 'acted', 'after']);
  });

  test.each([
    ['before', 404],
    ['acted', 200],
  ] as const)('a connection dropped %s: the volume is %i', async (moment, status) => {
    const name = uniqueName('proxy');
    afterTest(() => removeObject({ kind: 'volume', id: name }));
    const proxy = await proxied((call) => (call.moment === moment ? 'drop' : undefined));
    await expect(api('POST', '/volumes/create', { Name: name }, proxy.socketPath)).rejects.toThrow();
    expect((await api('GET', `/volumes/${name}`)).status).toBe(status);
  });

  test('streams what lasts, and tells the daemon when the client leaves', async () => {
    const proxy = await proxied();
    const id = await container(['sh', '-c', 'echo first; read forever']);
    let text = '';
    const req = request({ socketPath: proxy.socketPath, path: `/v1.41/containers/${id}/logs?follow=1&stdout=1` }, (res) => {
      res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => {});
    });
    req.on('error', () => {}).end();
    await until('the first line arrives while the reply goes on', () => text.includes('first'));
    req.destroy();
  });

  test('a wait returns its head at once and its body at the end', async () => {
    const proxy = await proxied();
    const id = await container(['sleep', '1000']);
    const seen: string[] = [];
    const waited = new Promise<void>((resolve, reject) => {
      request({ socketPath: proxy.socketPath, method: 'POST', path: `/v1.41/containers/${id}/wait` }, (res) => {
        seen.push('head');
        res.on('data', (chunk: Buffer) => seen.push(String(JSON.parse(chunk.toString()).StatusCode))).once('end', resolve);
      })
        .once('error', reject)
        .end();
    });
    await until('the head is here', () => seen.length === 1);
    await must('POST', `/containers/${id}/kill`);
    await waited;
    expect(seen).toEqual(['head', '137']);
  });

  test('hijacked exec: both directions, and the moments', async () => {
    const seen: string[] = [];
    const proxy = await proxied((call) => void (call.path.endsWith('/start') && seen.push(call.moment)));
    const id = await container(['sleep', '1000']);
    const exec = await must<{ Id: string }>(
      'POST',
      `/containers/${id}/exec`,
      { Cmd: ['cat'], AttachStdin: true, AttachStdout: true, Tty: true },
      proxy.socketPath,
    );
    const body = '{"Tty":true}';
    const socket = connect(proxy.socketPath);
    afterTest(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(
      `POST /v1.41/exec/${exec.Id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until('the connection is handed over', () => text.includes('101 UPGRADED'));
    socket.write('hello\n');
    await until('what was typed comes back', () => text.includes('hello'));
    socket.write('\x04');
    await until('the exec is over', () => seen.length === 3);
    expect(seen).toEqual(['before', 'acted', 'after']);
    expect((await must<{ ExitCode: number }>('GET', `/exec/${exec.Id}/json`)).ExitCode).toBe(0);
  });

  test('an exec that is refused is an ordinary answer', async () => {
    const proxy = await proxied();
    const req = request({
      socketPath: proxy.socketPath,
      method: 'POST',
      path: '/v1.41/exec/none/start',
      headers: { connection: 'Upgrade', upgrade: 'tcp', 'content-type': 'application/json', 'content-length': 2 },
    });
    const status = await new Promise((resolve, reject) => {
      req
        .once('response', (res) => resolve(res.statusCode))
        .once('error', reject)
        .end('{}');
    });
    expect(status).toBe(404);
  });
});
