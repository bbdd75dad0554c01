import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { MayflyError } from '../errors.js';
import { causeOf, type Connection, errorIn, unreachable } from './http.js';

/** Milliseconds without a byte from the service. An unpacked tar is answered when it is on the disk. */
const silence = 600_000;

/** Sends a request and its body. @returns the answer of a success, as it comes. @throws MayflyError */
export function open(
  connection: Connection,
  method: string,
  url: URL,
  signal: AbortSignal,
  sendBody: (request: http.ClientRequest) => unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<http.IncomingMessage> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      ...{ method, signal, agent: false, timeout: silence },
      headers: { authorization: `Bearer ${connection.token}`, ...headers },
    });
    const fail = (error: unknown) => {
      if (signal.aborted) reject(signal.reason as Error);
      // The tar itself could not be read.
      else if (error instanceof MayflyError) reject(error);
      else reject(unreachable(connection, causeOf({ cause: error }), error));
    };
    let answered = false;
    request.once('timeout', () => request.destroy(new Error(`no byte came for ${silence / 1000} s`)));
    request.once('socket', (socket) => socket.setKeepAlive(true, 60_000));
    request.on('error', (error) => answered || fail(error));
    request.once('response', (answer) => {
      answered = true;
      // The reader may be slow.
      request.setTimeout(0);
      if (answer.statusCode === 200) return resolve(answer);
      text(answer).then((body) => reject(errorIn(connection, { status: answer.statusCode ?? 0, text: body })), fail);
    });
    // An answer that comes before the end of the body has the cause.
    Promise.resolve(sendBody(request)).catch(() => {});
  });
}
