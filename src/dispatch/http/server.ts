import { createAdaptorServer } from '@hono/node-server';
import type { Server } from 'node:http';

/** Limits of connections. Times in milliseconds. */
export interface ServerLimits {
  /** For a request's headers. */
  headers: number;
  /** For a whole request. */
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
      ...{ headersTimeout: headers, requestTimeout: request, keepAliveTimeout: idle, maxHeaderSize },
      connectionsCheckingInterval: Math.ceil(headers / 10),
    },
  }) as Server;
  server.maxConnections = connections;
  return server;
}
