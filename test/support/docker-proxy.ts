import { rm } from 'node:fs/promises';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { dockerSocket } from './docker.js';
import { scopeList } from './scope-list.js';
import { splitBody } from './split-body.js';
import { tempDir } from './temp-dir.js';

/**
 * `before`: nothing was forwarded yet. `acted`: the daemon's reply is here (of a streamed one: its head), and the client has
 * not seen a byte of it. `after`: the reply was sent.
 */
export type Moment = 'before' | 'acted' | 'after';

export interface Call {
  /** From 0, in the order of arrival. */
  index: number;
  method: string;
  /** With the query, as the client sent it. */
  path: string;
}

export interface RecordedCall extends Call {
  /** The daemon's answer; absent when none came. */
  status?: number;
  streamed: boolean;
}

/**
 * Waited for. Returning `'drop'` ends the client's connection instead of going on: at `before` the daemon never hears of the call. A test that kills
 * the client returns it, because the news of the client's death may come later than the call is passed on.
 */
export type OnCall = (call: Call & { moment: Moment }) => unknown;

export interface DockerProxy {
  socketPath: string;
  /** For `DOCKER_HOST`. */
  host: string;
  calls: RecordedCall[];
  close(): Promise<void>;
}

const streamedPaths = /\/(events|wait|attach|stats|build)$|\/exec\/[^/]+\/start$|\/images\/(create|load)$/;

/** Replies that may last: waiting for their end would hold back what the client waits for. */
function isStreamed(path: string): boolean {
  const url = new URL(path, 'http://docker');
  return streamedPaths.test(url.pathname) || (url.pathname.endsWith('/logs') && /^(1|true)$/i.test(url.searchParams.get('follow') ?? ''));
}

export interface ProxyOptions {
  target?: string;
  onCall?: OnCall;
  /** Lists show no other workers and caches than these: a daemon of its own for whoever looks at all that is ours. */
  shows?(worker: string): boolean;
  /** Milliseconds that the daemon's clock is ahead, for whoever asks through the proxy: time that need not be waited for. Told with milliseconds. */
  ahead?: number;
}

/** A proxy for the daemon's socket that counts calls and lets a test act at three moments of each. */
export async function startDockerProxy(options: ProxyOptions = {}): Promise<DockerProxy> {
  const target = options.target ?? dockerSocket();
  const directory = await tempDir('proxy');
  const socketPath = `${directory}/docker.sock`;
  const agent = new Agent({ keepAlive: true });
  const calls: RecordedCall[] = [];
  const sockets = new Set<Duplex>();
  const follow = (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that was killed resets its connection: that is the point, not an error.
    socket.on('error', () => {});
  };

  const record = (req: IncomingMessage): RecordedCall => {
    const path = req.url ?? '/';
    const call: RecordedCall = { index: calls.length, method: req.method ?? 'GET', path, streamed: isStreamed(path) };
    calls.push(call);
    return call;
  };
  /** @returns whether to go on */
  const reach = async (moment: Moment, { index, method, path }: RecordedCall, client: Duplex): Promise<boolean> => {
    const verdict = await options.onCall?.({ index, method, path, moment });
    if (verdict === 'drop') client.destroy();
    return !client.destroyed;
  };

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const call = record(req);
    if (!(await reach('before', call, req.socket))) return;
    const upstream = httpRequest({ socketPath: target, agent, method: call.method, path: call.path, headers: endToEnd(req) });
    // The daemon sees a client leave as it would without us.
    res.once('close', () => res.writableFinished || upstream.destroy());
    // Without a body Node would make one of no length of it, chunked, which the daemon takes for something.
    if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined) upstream.end();
    else req.pipe(upstream);
    const reply = await new Promise<IncomingMessage>((resolve, reject) => upstream.once('response', resolve).once('error', reject));
    call.status = reply.statusCode ?? 0;
    const full = call.streamed ? null : await collect(reply);
    const body = full && options.shows ? scopeList(call.path, full, options.shows) : full;
    if (!(await reach('acted', call, req.socket))) return upstream.destroy() && undefined;
    const sent = new Promise<void>((resolve) => res.once('finish', resolve).once('close', resolve));
    const headers = endToEnd(reply);
    if (body && headers['content-length'] !== undefined) headers['content-length'] = String(body.length);
    if (options.ahead !== undefined) headers['date'] = new Date(Date.now() + options.ahead).toISOString();
    res.writeHead(call.status, reply.statusMessage, headers);
    if (body) res.end(body);
    else {
      res.flushHeaders();
      reply.pipe(res);
      reply.once('error', () => res.destroy());
    }
    await sent;
    if (res.writableFinished) await reach('after', call, req.socket);
  }

  async function hijack(req: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    follow(client);
    const call = record(req);
    if (!(await reach('before', call, client))) return;
    const [body, rest] = await splitBody(client, head, Number(req.headers['content-length'] ?? 0));
    const upstream = httpRequest({ socketPath: target, method: call.method, path: call.path, headers: req.headers });
    upstream.end(body);
    const answer = await new Promise<{ reply: IncomingMessage; daemon?: Duplex; first?: Buffer }>((resolve, reject) => {
      upstream.once('upgrade', (reply, daemon, first) => resolve({ reply, daemon, first }));
      upstream.once('response', (reply) => resolve({ reply }));
      upstream.once('error', reject);
    });
    const { reply, daemon, first } = answer;
    call.status = reply.statusCode ?? 0;
    if (daemon) follow(daemon);
    const refusal = daemon ? null : await collect(reply);
    if (!(await reach('acted', call, client))) return void daemon?.destroy();
    const headers = reply.rawHeaders.flatMap((value, i) => (i % 2 ? [] : [`${value}: ${reply.rawHeaders[i + 1]}\r\n`]));
    // A refused connection ends here: kept alive, its next request would pass uncounted.
    if (refusal) headers.push('Connection: close\r\n');
    client.write(`HTTP/1.1 ${reply.statusCode} ${reply.statusMessage}\r\n${headers.join('')}\r\n`);
    if (!daemon) client.end(refusal);
    else {
      if (first?.length) client.write(first);
      if (rest.length) daemon.write(rest);
      client.pipe(daemon).pipe(client);
      await new Promise<void>((resolve) => daemon.once('close', resolve).once('end', resolve));
    }
    await reach('after', call, client);
  }

  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (req, res) => {
    // The daemon is gone or hung up: so do we.
    forward(req, res).catch(() => req.socket.destroy());
  });
  server.on('upgrade', (req, socket, head) => void hijack(req, socket, head).catch(() => socket.destroy()));
  server.on('connection', (socket: Socket) => follow(socket));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ path: socketPath, backlog: 4096 }, resolve));

  return {
    socketPath,
    host: `unix://${socketPath}`,
    calls,
    async close() {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Headers but for those that concern one connection only. */
function endToEnd(message: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined && !/^(connection|keep-alive|transfer-encoding|upgrade)$/.test(name)) headers[name] = value;
  }
  return headers;
}

async function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
