import type http from 'node:http';
import type { Duplex } from 'node:stream';
import { agentOf, streamTo } from '../dial.js';
import type { Endpoint } from '../endpoint.js';

/** A call of our own making: nothing of a client's bytes but what was understood. */
export interface DaemonCall {
  method: 'GET' | 'HEAD' | 'POST';
  path: string;
  body?: unknown;
  signal: AbortSignal;
}

export interface Reply {
  status: number;
  /** Those that clients read. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawStream {
  /** How its bytes are framed. */
  contentType: string;
  socket: Duplex;
}

/** Milliseconds without any answer, after which the daemon counts as hung. */
const timeout = 60_000;

/** More than any daemon answers to what is asked here. */
const longestReply = 8 * 2 ** 20;

const passed = ['api-version', 'content-type', 'docker-experimental', 'ostype', 'server'];

/** One call over a connection of its own: none is kept that the daemon may have closed meanwhile. @throws when no answer comes */
export async function askDaemon(endpoint: Endpoint, call: DaemonCall): Promise<Reply> {
  const request = start(endpoint, call, {});
  request.setTimeout(timeout, () => request.destroy(new Error('no answer in time')));
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  return collect(response);
}

/** Turns the connection into a raw stream. @returns the daemon's answer instead when it declines. @throws when none comes */
export async function openStream(endpoint: Endpoint, call: DaemonCall): Promise<RawStream | Reply> {
  const request = start(endpoint, call, { Connection: 'Upgrade', Upgrade: 'tcp' });
  return new Promise((resolve, reject) => {
    request.once('upgrade', (response: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ contentType: response.headers['content-type'] ?? 'application/vnd.docker.raw-stream', socket });
    });
    request.once('response', (response: http.IncomingMessage) => void collect(response).then(resolve, reject));
    request.on('error', reject);
  });
}

function start(endpoint: Endpoint, { method, path, body, signal }: DaemonCall, headers: Record<string, string>): http.ClientRequest {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = method === 'POST' ? { 'Content-Length': Buffer.byteLength(text) } : {};
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const request = streamTo(endpoint, agentOf(endpoint, {}), {
    method,
    path,
    signal,
    headers: { Host: 'docker', ...length, ...type, ...headers },
  });
  return request.end(text);
}

async function collect(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestReply) throw new Error('the answer is too long');
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
