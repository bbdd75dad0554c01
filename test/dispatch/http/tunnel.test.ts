import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { defaultServerLimits, makeServer, type ServerLimits } from '../../../src/dispatch/http/server.js';
import { takeUpgrades } from '../../../src/dispatch/http/upgrades.js';
import { afterTest } from '../../support/temp-dir.js';
import { type Api, api, request } from './scene.js';

type Listening = { address(): unknown; listen(port: number, host: string): unknown; close(): unknown };

async function portOf(server: Listening & NodeJS.EventEmitter): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  return (server.address() as { port: number }).port;
}

/** The API behind a socket, with a run whose engine is a server of the test. */
async function scene(onEngine: (socket: Socket) => void, limits: Partial<ServerLimits> = {}) {
  const one = await api();
  const engine = createServer({ allowHalfOpen: true }, (socket) => onEngine(socket.on('error', () => {})));
  const server = makeServer(one.app.fetch, { ...defaultServerLimits, ...limits });
  const upgraded = takeUpgrades(server, {
    upgrades: one.upgrades,
    tokens: one.store.tokens,
    streams: one.streams,
    hosts: [],
    log: { info() {}, warn() {} },
  });
  const port = await portOf(server);
  const spec = { name: 'one', max_duration: 300, engine: { image: 'alpine', command: ['serve'], port: await portOf(engine) } };
  const { id } = (await one.ask('/v1/runs', { body: { spec } })).body as { id: string };
  await one.until(id, 'running');
  return { ...one, id, port, server, upgraded };
}

/** Asks for the tunnel. @returns the connection, or the answer that refuses it */
async function open({ port, token }: Pick<Api, 'token'> & { port: number }, id: string, headers: Record<string, string> = {}) {
  const asked = send({
    ...{ port, path: `/v1/runs/${id}/engine`, allowHalfOpen: true },
    headers: { host: '127.0.0.1', authorization: `Bearer ${token}`, connection: 'upgrade', upgrade: 'tcp', ...headers },
  });
  asked.end();
  return new Promise<{ connection: Socket } | { status: number; body: string }>((resolve, reject) => {
    asked.once('error', reject);
    asked.once('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      afterTest(() => socket.destroy());
      resolve({ connection: socket as Socket });
    });
    asked.once('response', (answer) => void text(answer).then((body) => resolve({ status: answer.statusCode!, body }), reject));
  });
}

async function opened(...asked: Parameters<typeof open>): Promise<Socket> {
  const answer = await open(...asked);
  if ('status' in answer) throw new Error(`${answer.status}: ${answer.body}`);
  return answer.connection;
}

test('bytes reach the engine and come back, and each direction ends by itself', async () => {
  const one = await scene((socket) => {
    socket.write('hello\n');
    let received = '';
    socket.on('data', (data) => (received += String(data)));
    socket.on('end', () => socket.end(`${received.length} ${received.slice(-3)}`));
  });
  const connection = await opened(one, one.id);
  connection.end(`${'a'.repeat(8_000_000)}end`);
  expect(await text(connection)).toBe('hello\n8000003 end');
});

test('the answer of an engine that closes at once is complete', async () => {
  const one = await scene((socket) => socket.end('b'.repeat(8_000_000)));
  expect((await text(await opened(one, one.id))).length).toBe(8_000_000);
});

test('a client that does not read holds the engine back', async () => {
  let sent = 0;
  const block = Buffer.alloc(1_048_576);
  const one = await scene((socket) => {
    const more = () => {
      while (socket.write(block)) sent += 1;
    };
    socket.on('drain', more);
    more();
  });
  (await opened(one, one.id)).pause();
  await pause(500);
  const before = sent;
  await pause(500);
  expect(sent).toBe(before);
});

test("the limits of requests do not cut a tunnel, and the service's end does", async () => {
  const one = await scene((socket) => socket.pipe(socket), { headers: 100, request: 100, idle: 100 });
  const connection = await opened(one, one.id);
  await pause(500);
  connection.write('late');
  expect(String(((await once(connection, 'data')) as [Buffer])[0])).toBe('late');
  one.upgraded.close();
  await once(connection, 'end');
});

test('a tunnel to an engine without a port is refused with the reason', async () => {
  const one = await scene(() => {});
  const { id } = (await one.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  await one.until(id, 'running');
  const answer = await open(one, id);
  expect(answer).toMatchObject({ status: 409 });
  expect((answer as { body: string }).body).toContain('the engine of the run has no port');
});

test('a client that breaks off ends the connection of the engine', async () => {
  let ended = () => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  const one = await scene((socket) => socket.resume().on('end', ended));
  (await opened(one, one.id)).resetAndDestroy();
  await end;
});

test("a tunnel is for tokens of the run's own organisation that may submit, to a running run", async () => {
  const one = await scene(() => {});
  const { port } = one;
  const refused = async (id: string, token: string, headers = {}) => {
    const answer = await open({ port, token }, id, headers);
    return 'status' in answer ? `${answer.status} ${(JSON.parse(answer.body) as { error: { code: string } }).error.code}` : 'open';
  };
  const waiting = (await one.ask('/v1/runs', { body: { spec: { name: 'two', max_duration: 300, engine: { image: 'alpine' } } } })).body as {
    id: string;
  };
  await one.ask(`/v1/runs/${waiting.id}/cancel`, { body: {} });
  expect([
    await refused(one.id, 'mfy_wrong'),
    await refused(one.id, await one.tokenOf('team', 'read')),
    await refused(one.id, await one.tokenOf('other', 'admin')),
    await refused('none', one.token),
    await refused(waiting.id, one.token),
    await refused(one.id, one.token, { host: 'evil.example' }),
    await refused(one.id, one.token, { origin: 'http://evil.example' }),
  ]).toEqual([
    '401 token_invalid',
    '403 scope_missing',
    '404 run_unknown',
    '404 run_unknown',
    '409 not_possible',
    '403 origin_refused',
    '403 origin_refused',
  ]);
});

test('a refused client that keeps its side open keeps no connection', async () => {
  const one = await scene(() => {});
  const socket = connect({ port: one.port, host: '127.0.0.1', allowHalfOpen: true });
  afterTest(() => socket.destroy());
  let received = '';
  socket.on('data', (data) => (received += String(data)));
  socket.write(`GET /v1/runs/${one.id}/engine HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
  await once(socket, 'end');
  expect(received).toMatch(/^HTTP\/1.1 401 /);
  expect(await promisify(one.server.getConnections.bind(one.server))()).toBe(0);
});

test('an engine that cannot be reached is reported', async () => {
  const one = await api();
  const server = makeServer(one.app.fetch);
  takeUpgrades(server, {
    upgrades: one.upgrades,
    tokens: one.store.tokens,
    streams: one.streams,
    hosts: [],
    log: { info() {}, warn() {} },
  });
  const spec = { name: 'one', max_duration: 300, engine: { image: 'alpine', command: ['serve'], port: 1 } };
  const { id } = (await one.ask('/v1/runs', { body: { spec } })).body as { id: string };
  await one.until(id, 'running');
  const answer = await open({ port: await portOf(server), token: one.token }, id);
  expect(answer).toMatchObject({
    status: 503,
    body: expect.stringContaining('"place":"127.0.0.1:1","cause":"cannot be reached: ECONNREFUSED"') as string,
  });
});

test.each(['GET', 'POST'])('a client that offers HTTP/2 gets its answer in HTTP/1.1: %s', async (method) => {
  const one = await scene(() => {});
  const body = JSON.stringify({ spec: { name: 'two', max_duration: 300, engine: { image: 'alpine' } } });
  const asked = send({
    ...{ port: one.port, path: '/v1/runs', method },
    headers: {
      ...{ authorization: `Bearer ${one.token}`, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
      ...(method === 'POST' && { 'content-length': body.length }),
    },
  });
  asked.end(method === 'POST' ? body : undefined);
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  expect([answer.statusCode, await text(answer)]).toEqual([method === 'POST' ? 201 : 200, expect.stringContaining('"name":')]);
});

test('the removal of a token ends its tunnels, and those of others stay', async () => {
  const one = await scene((socket) => socket.pipe(socket));
  const token = await one.tokenOf('team', 'submit');
  const [own, other] = [await opened({ ...one, token }, one.id), await opened(one, one.id)];
  expect(one.streams.size).toBe(2);
  const ended = once(own.resume(), 'end');
  await one.ask(`/v1/tokens/${token.slice(4, 16)}`, { method: 'DELETE' });
  await ended;
  other.write('still');
  expect(String(((await once(other, 'data')) as [Buffer])[0])).toBe('still');
  expect(one.streams.size).toBe(1);
});
