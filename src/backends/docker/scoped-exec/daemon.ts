import type http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.js';
import { CallLife } from '../call-life.js';
import { Dialer } from '../dial.js';
import type { Endpoint } from '../endpoint.js';

/** A call made by this server. It holds only parsed values of a client, never its raw bytes. */
export interface DaemonCall {
  method: 'GET' | 'HEAD' | 'POST';
  path: string;
  body?: unknown;
  clock: Clock;
  signal: AbortSignal;
}

export interface Reply {
  status: number;
  /** The headers that clients read. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawStream {
  /** Content type: it names the framing of the bytes. */
  contentType: string;
  socket: Duplex;
}

/** Milliseconds until the daemon's answer is complete, or its stream begins. */
const deadline = 60_000;

/** Bytes: larger than every expected answer. */
const maxReply = 8 * 2 ** 20;

const passed = ['api-version', 'content-type', 'docker-experimental', 'ostype', 'server'];

/** Makes one call over a new connection. (A kept connection may have been closed by the daemon.) @throws if no answer comes */
export async function askDaemon(endpoint: Endpoint, call: DaemonCall): Promise<Reply> {
  const request = start(endpoint, call, {});
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  return collect(response);
}

/** Turns the connection into a raw stream. @returns the daemon's answer if it refuses. @throws if no answer comes */
export async function openStream(endpoint: Endpoint, call: DaemonCall): Promise<RawStream | Reply> {
  const request = start(endpoint, call, { Connection: 'Upgrade', Upgrade: 'tcp' });
  return new Promise((resolve, reject) => {
    request.once('upgrade', (response: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      // The client may disconnect before the stream is read.
      socket.on('error', () => {});
      if (head.length > 0) socket.unshift(head);
      resolve({ contentType: response.headers['content-type'] ?? 'application/vnd.docker.raw-stream', socket });
    });
    request.once('response', (response: http.IncomingMessage) => void collect(response).then(resolve, reject));
    request.on('error', reject);
  });
}

/** Starts a request. An upgrade closes the request, so its stream has no deadline. */
function start(endpoint: Endpoint, { method, path, body, clock, signal }: DaemonCall, headers: Record<string, string>): http.ClientRequest {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = method === 'POST' ? { 'Content-Length': Buffer.byteLength(text) } : {};
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const dialer = new Dialer(endpoint);
  const request = dialer.streamTo(dialer.agent({}), { method, path, headers: { Host: 'docker', ...length, ...type, ...headers } });
  const life = new CallLife({ clock, signal, overdue: (ms) => new Error(`no answer to ${method} ${path} within ${ms / 1000} s`) });
  life.onCut((reason) => request.destroy(reason as Error));
  void life.count(deadline);
  request.once('close', () => life.over());
  return request.end(text);
}

async function collect(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxReply) throw new Error('the answer is too long');
  }
  const headers = passed.flatMap((name) => {
    const value = response.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return {
    status: response.statusCode ?? 502,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}
