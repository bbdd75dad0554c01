import http from 'node:http';
import https from 'node:https';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { ContainerFiles } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';
import { causeOf, type Connection, errorIn, send, unreachable } from './http.js';

/** Milliseconds without a byte from the service. An unpacked tar is answered when it is on the disk. */
const silence = 600_000;

const statReply = z.object({ path: z.string(), directory: z.boolean(), special: z.string().optional() }).nullable();
const containerReply = z.object({ working_directory: z.string(), owner: z.object({ uid: z.number(), gid: z.number() }).nullable() });

/** The files of a container of a run's worker, through the service. Every method throws as `send` does. */
export async function filesInRun(connection: Connection, run: string, container: string): Promise<ContainerFiles> {
  const base = `v1/runs/${encodeURIComponent(run)}/files`;
  const containerOf = (query: Record<string, string>) =>
    send(connection, { method: 'GET', path: `${base}/container`, query: { container, ...query }, reply: containerReply });
  const { working_directory } = await containerOf({});
  const urlOf = (path: string) => new URL(`${base}?${new URLSearchParams({ container, path })}`, connection.server);
  return {
    workingDirectory: working_directory,
    owner: async () => (await containerOf({ owner: 'true' })).owner,
    async stat(path, signal) {
      const found = await send(
        { ...connection, signal },
        { method: 'GET', path: `${base}/stat`, query: { container, path }, reply: statReply },
      );
      return found && { path: found.path, directory: found.directory, ...(found.special !== undefined && { special: found.special }) };
    },
    async read(path, signal) {
      const answer = await open(connection, 'GET', urlOf(path), signal, (request) => request.end());
      const tar = new PassThrough();
      answer.on('error', (error) => {
        tar.destroy(
          signal.aborted ? (signal.reason as Error) : unreachable(connection, 'the connection broke before the copy was complete', error),
        );
      });
      // A reader that stops ends the answer.
      return answer.pipe(tar).once('close', () => answer.destroy());
    },
    async write(directory, tar, signal) {
      const answer = await open(connection, 'PUT', urlOf(directory), signal, (request) => {
        request.setHeader('content-type', 'application/x-tar');
        return pipeline(tar, request);
      });
      answer.resume();
    },
  };
}

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
