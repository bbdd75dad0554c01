import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Server } from 'node:net';
import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { makeForwarder } from '../../../src/client/connect/api.js';
import { Engines } from '../../../src/client/connect/engines.js';
import { parseAddress } from '../../../src/client/address.js';
import type { Clock } from '../../../src/clock.js';
import { request } from '../../dispatch/http/melodium/request.js';
import { afterTest } from '../../support/temp-dir.js';
import { clientOf, fakeServer, listen, noSleep, service } from '../scene.js';

/** A forwarder to a service. `errors`: of connections to engines. */
async function forwarder(url: string, token: string, clock: Clock) {
  const stop = new AbortController();
  const errors: string[] = [];
  const connection = { server: parseAddress(url), token, clock, signal: stop.signal };
  const engines = new Engines(connection, clientOf(url, token, clock, stop.signal), (_, { message }) => errors.push(message));
  const here = await listen(makeForwarder(connection, (run) => engines.portOf(run)));
  afterTest(() => {
    stop.abort();
    return engines.close();
  });
  const ask = async (path: string, headers: Record<string, string> = {}, body?: object) => {
    const asked = send(`${here}/`, { path, method: body ? 'POST' : 'GET', headers: { authorization: 'Bearer any', ...headers } });
    asked.end(body && JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    const received = await text(answer);
    return { status: answer.statusCode, body: JSON.parse(received) as Record<string, unknown> };
  };
  return { ask, errors };
}

/** An engine that returns what it gets. */
async function engine(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface Started {
  started: { id: string; addresses: string[]; port: number; key: string };
}

const access = (id: unknown) => `/0.1/execution/run/${String(id)}/access`;

test("a client gets its worker as from the service, and reaches its engine at this machine's loopback", async () => {
  const scene = await service();
  const { ask, errors } = await forwarder(scene.url, scene.token, scene.clock);
  const port = await engine();
  const { status, body } = await ask('/0.1/execution/run/start', {}, { ...request, engine: { ...request.engine, port } });
  expect(status).toBe(200);
  expect(await ask(access(body['ok']))).toEqual({ status: 202, body: {} });
  const { worker } = await scene.until(body['ok'] as string, 'running');
  const answer = (await ask(access(body['ok']))) as { status: number; body: unknown };
  const { started } = answer.body as Started;
  const direct = (await scene.ask(access(body['ok']))).body as Started;
  expect([answer.status, started]).toEqual([200, { ...direct.started, addresses: ['127.0.0.1'], port: started.port }]);
  expect(started.port).not.toBe(port);

  const socket = connect({ host: '127.0.0.1', port: started.port, allowHalfOpen: true });
  socket.end('a'.repeat(1_000_000));
  expect((await text(socket)).length).toBe(1_000_000);
  expect(((await ask(access(body['ok']))).body as unknown as Started).started.port).toBe(started.port);

  scene.hand.exit(worker as string, 'engine', 0);
  await scene.until(body['ok'] as string, 'completed');
  const late = connect(started.port, '127.0.0.1');
  await once(late.resume(), 'close');
  expect(errors).toEqual(['the run is completed: it has no engine to reach']);
  for (let left = 100; left > 0 && !(await refuses(started.port)); left -= 1) await scene.clock.advance(1000);
  expect(await refuses(started.port)).toBe(true);
});

function refuses(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

test("only the client's API is passed on, and nothing of a web page", async () => {
  let asked = 0;
  const url = await fakeServer((_, response) => {
    asked += 1;
    response.end('{}');
  });
  const { ask } = await forwarder(url, 'token', noSleep());
  const statuses = [
    await ask('/v1/tokens'),
    await ask('/0.1/../v1/tokens'),
    await ask('/0.1/%2e%2e/v1/tokens'),
    await ask(access('x'), { host: 'evil.example:80' }),
    await ask(access('x'), { origin: 'http://127.0.0.1' }),
  ].map(({ status }) => status);
  expect([statuses, asked]).toEqual([[404, 404, 404, 403, 403], 0]);
});

test("the connection's own token is sent, and a passing failure of the service is not the client's", async () => {
  const seen: unknown[] = [];
  const url = await fakeServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(seen.length < 3 ? 503 : 202).end('{}');
  });
  const { ask } = await forwarder(url, 'own', noSleep());
  expect((await ask(access('x'))).status).toBe(202);
  expect(seen).toEqual(['Bearer own', 'Bearer own', 'Bearer own']);
});

test("an engine's address on another machine becomes this machine's, and all else stays", async () => {
  const started = { id: 'x', addresses: ['10.0.0.7'], port: 1, key: 'key', later: true };
  const url = await fakeServer((_, response) => response.end(JSON.stringify({ started, other: 1 })));
  const { ask } = await forwarder(url, 'own', noSleep());
  expect((await ask(access('x'))).body).toEqual({
    started: { ...started, addresses: ['127.0.0.1'], port: expect.any(Number) as number },
    other: 1,
  });
});

test('a service that is gone is an error in the form of the API', async () => {
  const url = 'http://127.0.0.1:2/below';
  const { ask } = await forwarder(url, 'own', noSleep());
  expect(await ask(access('x'))).toEqual({ status: 502, body: { error: [`${url}/ cannot be reached: ECONNREFUSED`] } });
});

test('a run whose listener could not be opened gets one at the next request, and its error ends nothing', async () => {
  const stop = new AbortController();
  const connection = { server: parseAddress('http://127.0.0.1:2'), token: 'own', clock: noSleep(), signal: stop.signal };
  const engines = new Engines(connection, clientOf('http://127.0.0.1:2', 'own', noSleep(), stop.signal), () => {});
  const refuse = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    process.nextTick(() => this.emit('error', new Error('EMFILE')));
    return this;
  });
  await expect(engines.portOf('x')).rejects.toThrow('EMFILE');
  const failing = engines.portOf('y');
  await Promise.all([engines.close(), expect(failing).rejects.toThrow('EMFILE')]);
  refuse.mockRestore();
  stop.abort();
  expect(await engines.portOf('x')).toBeGreaterThan(0);
  await engines.close();
});
