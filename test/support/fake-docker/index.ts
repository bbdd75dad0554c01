import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { splitBody } from '../split-body.js';
import { afterTest, tempDir } from '../temp-dir.js';
import { archiveRoutes } from './archive.js';
import { containerRoutes } from './containers.js';
import { execRoutes } from './exec.js';
import { Faults } from './faults.js';
import { type Exchange, type FakeRequest, Refusal, type Reply } from './http.js';
import { imageRoutes } from './images.js';
import { exit, log, setHealth } from './lifecycle.js';
import { findContainer } from './lookup.js';
import { networkRoutes } from './networks.js';
import { type FakeOptions, FakeState, type LogLine } from './state.js';
import { systemRoutes } from './system.js';
import { volumeRoutes } from './volumes.js';

export interface FakeDocker {
  socketPath: string;
  /** For `DOCKER_HOST`. */
  host: string;
  state: FakeState;
  faults: Faults;
  /** All that was asked, in order, without the version prefix. */
  calls: FakeRequest[];
  /** A container ends by itself. */
  exit(container: string, exitCode: number, options?: { oomKilled?: boolean }): void;
  health(container: string, health: 'starting' | 'healthy' | 'unhealthy'): void;
  log(container: string, text: string, stream?: LogLine['stream']): void;
  close(): Promise<void>;
}

/** As the real daemon's: with Node's default a client that asks a thousand things at once is turned away. */
const backlog = 4096;

/**
 * A Docker daemon in this process, API 1.41, on a socket of its own: it holds objects and runs nothing. Closed after the test.
 * `images` are those it has, with tags; what a pull finds is put into `state.registry`.
 */
export async function startFakeDocker({
  images = [],
  ...given
}: Partial<FakeOptions> & { images?: Iterable<string> } = {}): Promise<FakeDocker> {
  const options: FakeOptions = {
    now: () => Date.now(),
    cpus: 8,
    memory: 16 * 2 ** 30,
    driver: 'overlay2',
    behave: () => ({}),
    onExec: () => undefined,
    ...given,
  };
  const state = new FakeState(options);
  for (const image of images) state.images.add(image);
  const faults = new Faults();
  const calls: FakeRequest[] = [];
  const sockets = new Set<Duplex>();
  const routes = [systemRoutes, containerRoutes, archiveRoutes, volumeRoutes, networkRoutes, imageRoutes, execRoutes].flatMap((routesOf) =>
    routesOf(state),
  );

  async function answer(exchange: Exchange): Promise<void> {
    const { method, path, query, body, headers, req } = exchange;
    calls.push({ method, path, query, body, headers });
    const effect = faults.strike(exchange);
    if (effect?.kind === 'hang') return;
    if (effect?.kind === 'drop') {
      // It acts out of the client's sight, so that nothing of an answer can get through.
      if (effect.moment === 'after') await act({ ...exchange, res: null, hijacked: null }).catch(() => {});
      req.socket.destroy();
      return;
    }
    try {
      if (effect) throw new Refusal(effect.status, effect.message);
      const reply = await act(exchange);
      if (reply) send(exchange, reply);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      send(exchange, { status, body: { message: error instanceof Error ? error.message : String(error) } });
    }
  }

  async function act(exchange: Exchange): Promise<Reply> {
    for (const [method, pattern, handler] of routes) {
      const match = method === exchange.method && pattern.exec(exchange.path);
      if (match) return handler({ ...exchange, params: match.slice(1).map(decodeURIComponent) });
    }
    throw new Refusal(404, 'page not found');
  }

  async function receive(req: IncomingMessage, res: ServerResponse | null, hijacked: Exchange['hijacked']): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://docker');
    const version = /^\/v(\d+)\.(\d+)(?=\/)/.exec(url.pathname);
    const path = version ? url.pathname.slice(version[0].length) : url.pathname;
    // A tar is for its route to read.
    const raw = req.headers['content-type'] === 'application/x-tar';
    const text = hijacked ? await takeBody(req, hijacked) : raw ? '' : await textOf(req);
    for (const [name, value] of Object.entries(commonHeaders(options))) res?.setHeader(name, value);
    const exchange: Exchange = {
      method: req.method ?? 'GET',
      path,
      query: url.searchParams,
      body: {},
      headers: req.headers,
      params: [],
      req,
      res,
      hijacked,
    };
    if (version && Number(version[2]) > 41) {
      const asked = `${version[1]}.${version[2]}`;
      return send(exchange, {
        status: 400,
        body: { message: `client version ${asked} is too new. Maximum supported API version is 1.41` },
      });
    }
    try {
      exchange.body = text === '' ? {} : JSON.parse(text);
    } catch {
      return send(exchange, { status: 400, body: { message: 'invalid JSON' } });
    }
    await answer(exchange);
  }

  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0 },
    (req, res) => void receive(req, res, null).catch(() => req.socket.destroy()),
  );
  server.on('upgrade', (req, socket, head) => void receive(req, null, { socket, head }).catch(() => socket.destroy()));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  const directory = await tempDir('fake-docker');
  const socketPath = `${directory}/docker.sock`;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ path: socketPath, backlog }, resolve));

  const fake: FakeDocker = {
    socketPath,
    host: `unix://${socketPath}`,
    state,
    faults,
    calls,
    exit: (container, exitCode, how) => exit(state, findContainer(state, container), exitCode, how),
    health: (container, health) => setHealth(state, findContainer(state, container), health),
    log: (container, text, stream = 'stdout') => log(state, findContainer(state, container), stream, text),
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
  afterTest(() => fake.close());
  return fake;
}

function commonHeaders({ now }: FakeOptions): Record<string, string> {
  return {
    'Api-Version': '1.41',
    'Docker-Experimental': 'false',
    Ostype: 'linux',
    Server: 'Docker/20.10.24 (linux)',
    Date: new Date(now()).toUTCString(),
  };
}

function send({ res, hijacked }: Exchange, { status, body }: NonNullable<Reply>): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const headers = {
    ...(text ? { 'Content-Type': type } : {}),
    ...(status === 204 || status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(text)) }),
  };
  if (res) res.writeHead(status, headers).end(text);
  else {
    const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
    hijacked?.socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${text}`);
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function takeBody(req: IncomingMessage, hijacked: NonNullable<Exchange['hijacked']>): Promise<string> {
  const [body, rest] = await splitBody(hijacked.socket, hijacked.head, Number(req.headers['content-length'] ?? 0));
  hijacked.head = rest;
  return body.toString();
}
