import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterTest } from '../support/temp-dir.js';

export interface StateServer {
  url: string;
  /** By path. */
  states: Map<string, string>;
  locks: Map<string, string>;
  /** Whoever asks otherwise is turned away. */
  credentials: { username: string; password: string };
  close(): Promise<void>;
}

/** A server of Terraform's `http` backend: GET, POST, LOCK and UNLOCK of one path a state, behind a password. Closed after the test. */
export async function startStateServer(credentials: StateServer['credentials']): Promise<StateServer> {
  const states = new Map<string, string>();
  const locks = new Map<string, string>();
  const wanted = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://server').pathname;
    const body = Buffer.concat(await request.toArray()).toString();
    const reply = (status: number, text = '') => response.writeHead(status).end(text);
    if (request.headers.authorization !== wanted) return reply(401);
    switch (request.method) {
      case 'GET':
        return states.has(path) ? reply(200, states.get(path)) : reply(404);
      case 'POST':
        states.set(path, body);
        return reply(200);
      case 'LOCK':
        if (locks.has(path)) return reply(423, locks.get(path));
        locks.set(path, body);
        return reply(200);
      case 'UNLOCK':
        locks.delete(path);
        return reply(200);
      default:
        return reply(405);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
  afterTest(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, states, locks, credentials, close };
}
