import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { toMayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Scope, Token, Tokens } from '../store/store.js';
import { authorize } from './authorize.js';
import { toErrorDocument } from './documents.js';
import { assertDirect } from './guard.js';
import type { Streams } from './streams/streams.js';

/** An operation of the API that leaves HTTP: after its answer 101, the connection carries other bytes. */
export interface Upgrade {
  /** Has a group for each variable part. */
  path: RegExp;
  /** The value of the header `Upgrade`. */
  protocol: string;
  scope: Scope;
  /** Answers 101 and takes the connection over. An error that is thrown before is answered. */
  accept(asked: Upgrading): Promise<void>;
}

export interface Upgrading {
  token: Token;
  /** The variable parts of the path. */
  params: readonly string[];
  request: IncomingMessage;
  connection: Duplex;
  /** Bytes that came with the request. */
  head: Buffer;
}

export interface UpgradeOptions {
  upgrades: readonly Upgrade[];
  tokens: Pick<Tokens, 'find'>;
  streams: Streams;
  /** See `assertDirect`. */
  hosts: readonly string[];
  log: Log;
}

/** Takes the server's requests that leave HTTP. @returns `close` ends their connections, which a closed server leaves open */
export function takeUpgrades(server: Server, options: UpgradeOptions): { close(): void } {
  const open = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const found = find(request, options.upgrades);
    if (!found) return asUsual(server, request, connection, head);
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    connection.on('error', () => connection.destroy());
    // Finds clients that are gone without a close of their connection.
    request.socket.setKeepAlive(true, 60_000);
    void accept(found, request, { connection, head }, options);
  });
  return { close: () => open.forEach((connection) => connection.destroy()) };
}

interface Found {
  upgrade: Upgrade;
  params: readonly string[];
}

function find({ method, url = '', headers }: IncomingMessage, upgrades: readonly Upgrade[]): Found | null {
  if (method !== 'GET') return null;
  for (const upgrade of upgrades) {
    const match = headers.upgrade?.toLowerCase() === upgrade.protocol ? upgrade.path.exec(url) : null;
    if (match) return { upgrade, params: match.slice(1) };
  }
  return null;
}

async function accept(
  { upgrade, params }: Found,
  request: IncomingMessage,
  { connection, head }: Pick<Upgrading, 'connection' | 'head'>,
  { tokens, streams, hosts, log }: UpgradeOptions,
): Promise<void> {
  const { headers } = request;
  try {
    assertDirect({ host: headers.host, origin: headers.origin }, hosts);
    const token = await authorize(upgrade.scope, headers.authorization, tokens);
    const { closed, release } = streams.admit(token, 'connection');
    closed.addEventListener('abort', () => connection.destroy(), { once: true });
    connection.once('close', release);
    // Its client may have left meanwhile, or the service have stopped.
    if (closed.aborted || connection.destroyed) return (release(), void connection.destroy());
    await upgrade.accept({ token, params, request, connection, head });
  } catch (thrown) {
    const error = toMayflyError(thrown);
    if (error.code === 'internal') log.warn({ err: thrown, path: request.url?.replace(/\?.*/, '') }, 'a request failed');
    const body = JSON.stringify(toErrorDocument(error));
    const retryAfter = error.retryAfter === undefined ? [] : [`Retry-After: ${error.retryAfter}`];
    const lines = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', ...retryAfter];
    // A client that keeps its own side open keeps no connection.
    connection.end([`HTTP/1.1 ${error.httpStatus} Refused`, ...lines, '', body].join('\r\n'), () => connection.destroy());
  }
}

/**
 * Gives a request back to the server without its wish for another protocol. Java's client, for example, offers HTTP/2 with its first request on
 * each connection, and expects that a server may ignore that.
 */
function asUsual(server: Server, { method, url, httpVersion, rawHeaders }: IncomingMessage, connection: Duplex, head: Buffer): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (!/^(connection|upgrade|http2-settings)$/i.test(rawHeaders[index]!)) lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  connection.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', connection);
}
