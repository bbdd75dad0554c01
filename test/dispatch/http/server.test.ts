import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { makeApp } from '../../../src/dispatch/http/app.js';
import { defaultServerLimits, makeServer, type ServerLimits } from '../../../src/dispatch/http/server.js';
import { runRoutes } from '../../../src/dispatch/http/routes/runs.js';
import { makeToken } from '../../../src/dispatch/tokens.js';
import { afterTest } from '../../support/temp-dir.js';
import { api } from './scene.js';

const { token, text } = makeToken(Buffer.alloc(38, 7), { organisation: 'team', scopes: ['admin'], now: 0 });

/** A client of a server with the API's routes, which nothing behind them needs. */
async function client(limits: Partial<ServerLimits> = {}): Promise<{ socket: Socket; answer: () => Promise<string> }> {
  const log = { info() {}, warn() {} };
  const tokens = { find: (id: string) => Promise.resolve(id === token.id ? token : null) };
  const app = makeApp({ routes: runRoutes({} as never), tokens, log, version: 'test', clock: systemClock, hosts: [], onReply() {} });
  const server = makeServer(app.fetch, { ...defaultServerLimits, ...limits });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  afterTest(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  let received = '';
  socket.on('data', (data) => (received += String(data)));
  // A connection that is cut while the client writes.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.on('close', resolve));
  return { socket, answer: () => closed.then(() => received) };
}

const head = `POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${text}\r\nContent-Type: application/json\r\n`;

test('a client that sends its headers slowly is cut off', async () => {
  const { socket, answer } = await client({ headers: 200 });
  socket.write('POST /v1/runs HTTP/1.1\r\n');
  expect(await answer()).toMatch(/^HTTP\/1.1 408 /);
});

test('a client that sends its body slowly is cut off', async () => {
  const { socket, answer } = await client({ headers: 100, request: 300 });
  socket.write(`${head}Content-Length: 100\r\n\r\n{`);
  expect(await answer()).toMatch(/^(HTTP\/1.1 408 |$)/);
});

test.each(['Content-Length: 1073741824', 'Transfer-Encoding: chunked'])('a body of 1 GB is cut off early: %s', async (length) => {
  const { socket, answer } = await client();
  const chunked = length.startsWith('Transfer');
  const block = Buffer.alloc(65_536, 'a');
  socket.write(`${head}${length}\r\n\r\n`);
  let sent = 0;
  let cut = false;
  const answered = answer().then((received) => {
    cut = true;
    return received;
  });
  while (!cut && sent < 1_073_741_824) {
    const goesOn = socket.write(chunked ? Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')]) : block);
    sent += block.length;
    if (!goesOn) await Promise.race([once(socket, 'drain').catch(() => {}), answered]);
    else await pause(0);
  }
  expect(await answered).toMatch(/^(HTTP\/1.1 413 |$)/);
  expect(sent).toBeLessThan(64 * 1_048_576);
});

test('headers of more than 16 KB are refused', async () => {
  const { socket, answer } = await client();
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
  expect(await answer()).toMatch(/^HTTP\/1.1 431 /);
});

test.for([
  [null, 401],
  ['mfy_wrong', 401],
  ['team', 413],
] as const)(
  'the body of a client with the token %s is answered with %i, and is read only if the token is valid',
  async ([given, status]) => {
    const { app, token } = await api();
    let read = 0;
    const source = { pull: (one: ReadableStreamDefaultController) => one.enqueue(new Uint8Array((read += 1) && 65_536)) };
    const answer = await app.request('http://127.0.0.1/v1/functions', {
      ...{ method: 'POST', duplex: 'half', body: new ReadableStream(source, { highWaterMark: 0 }) },
      headers: { host: '127.0.0.1', ...(given !== null && { authorization: `Bearer ${given === 'team' ? token : given}` }) },
    } as RequestInit);
    expect([answer.status, read > 0]).toEqual([status, status === 413]);
  },
);
