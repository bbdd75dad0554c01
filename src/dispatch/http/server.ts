import { createAdaptorServer } from '@hono/node-server';
import type { IncomingMessage, Server } from 'node:http';

/** Limits of connections. Times in milliseconds. */
export interface ServerLimits {
  /** For a request's headers. */
  headers: number;
  /** For a whole request. For silence within a body that may be long: see `mayBeLong`. */
  request: number;
  /** For the next request on an open connection. */
  idle: number;
  connections: number;
}

export const defaultServerLimits: ServerLimits = { headers: 10_000, request: 30_000, idle: 15_000, connections: 1000 };

/** Bytes of all headers of a request. */
const maxHeaderSize = 16_384;

/** A server of the API, which does not listen yet. Clients that send slowly are cut off, and bodies above the limit are not read. */
export function makeServer(fetch: (request: Request) => Response | Promise<Response>, limits = defaultServerLimits): Server {
  const { headers, request, idle, connections } = limits;
  const server = createAdaptorServer({
    fetch,
    serverOptions: {
      // `limitBody` limits whole requests, except long ones.
      ...{ headersTimeout: headers, requestTimeout: 0, keepAliveTimeout: idle, maxHeaderSize },
      connectionsCheckingInterval: Math.ceil(headers / 10),
    },
  }) as Server;
  server.maxConnections = connections;
  server.prependListener('request', (incoming: IncomingMessage) => limitBody(incoming, request));
  return server;
}

const long = new WeakSet<IncomingMessage>();

/** Lets a request take longer than its limit, as long as its client sends. */
export function mayBeLong(request: IncomingMessage): void {
  long.add(request);
}

/** Cuts off a client that has not sent its whole body within `ms`, or of a long one nothing within `ms`. */
function limitBody(request: IncomingMessage, ms: number): void {
  const { socket } = request;
  let before = -1;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    // The service itself holds back a client whose bytes nobody has read yet.
    const isSending = socket.bytesRead !== before || request.readableLength >= request.readableHighWaterMark;
    before = socket.bytesRead;
    if (long.has(request) && isSending) return;
    clearInterval(timer);
    socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    socket.destroy();
  }, ms).unref();
  request.once('close', () => clearInterval(timer));
}
