import { text } from 'node:stream/consumers';
import type { WebSocket } from 'ws';
import { causeOf, type Connection, errorIn, unreachable } from '../http.js';
import { channelProtocol, largestMessage } from './channels.js';

/** Milliseconds until the service has answered. */
const openTime = 30_000;

/** Opens a WebSocket for a command in a run's worker. @throws MayflyError of the service, or `server_unreachable` */
export async function openCommandSocket(connection: Connection, run: string): Promise<WebSocket> {
  const { WebSocket } = await import('./apart.js');
  const url = new URL(`v1/runs/${encodeURIComponent(run)}/exec`, connection.server);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url, channelProtocol, {
    headers: { authorization: `Bearer ${connection.token}` },
    ...{ perMessageDeflate: false, maxPayload: largestMessage, handshakeTimeout: openTime },
    // Masks protect proxies from web pages that choose what a browser sends. This is no browser, and the connection is TLS or this machine's.
    generateMask: (mask) => mask.fill(0),
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('upgrade', (answer) => answer.socket.setKeepAlive(true, 60_000));
    socket.on('error', (error) => reject(unreachable(connection, causeOf({ cause: error }), error)));
    socket.once('unexpected-response', (_request, answer) => {
      text(answer).then((body) => reject(errorIn(connection, { status: answer.statusCode ?? 0, text: body })), reject);
    });
  });
}
