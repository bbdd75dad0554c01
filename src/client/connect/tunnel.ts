import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { causeOf, type Connection, errorIn, unreachable } from '../http.js';

/** Milliseconds until the service has opened a connection to the engine. */
const openTime = 30_000;

/** Opens a connection to the engine of a running run, through the service. @throws MayflyError */
export function openTunnel(connection: Connection, run: string): Promise<Duplex> {
  return openUpgrade(connection, `v1/runs/${encodeURIComponent(run)}/engine`);
}

/** Opens a connection that leaves HTTP. @throws MayflyError */
export function openUpgrade(connection: Connection, path: string): Promise<Duplex> {
  const url = new URL(path, connection.server);
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? https : http).request(url, {
      headers: { authorization: `Bearer ${connection.token}`, connection: 'Upgrade', upgrade: 'tcp' },
      // A connection of its own.
      agent: false,
      ...{ allowHalfOpen: true, timeout: openTime },
    });
    asked.once('timeout', () => asked.destroy(new DOMException('', 'TimeoutError')));
    asked.once('error', (error) => reject(unreachable(connection, causeOf(error), error)));
    asked.once('upgrade', (_answer, socket, head) => {
      socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, 60_000);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('response', (answer) => {
      text(answer).then((body) => reject(errorIn(connection, { status: answer.statusCode ?? 0, text: body })), reject);
    });
    asked.end();
  });
}
