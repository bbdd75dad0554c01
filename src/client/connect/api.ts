import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { toMayflyError } from '../../errors.js';
import { melodiumApi } from '../../spec/melodium.js';
import { isThisMachine } from '../address.js';
import { type Answer, type Connection, exchange } from '../http.js';

/** An answer that has an engine. The rest of it is kept. */
const startedReply = z.looseObject({ started: z.looseObject({ id: z.string() }) });

/**
 * Makes a server of Mélodium's API that passes requests on to the service, with the connection's token instead of the client's. An engine's
 * address in an answer becomes this machine's. `portOf`: the port at which a run's engine is reached here.
 */
export function makeForwarder(connection: Connection, portOf: (run: string) => Promise<number>): Server {
  const server = createServer((request, response) => {
    void answerTo(request, connection, portOf)
      .catch((error: unknown) => ({ status: 502, text: errors(`${connection.server.href} ${toMayflyError(error).message}`) }))
      .then(({ status, text: body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  });
  // Longer than the client's pause between two requests: one on a connection that is being closed would be its last.
  server.keepAliveTimeout = 60_000;
  return server;
}

async function answerTo(request: IncomingMessage, connection: Connection, portOf: (run: string) => Promise<number>): Promise<Answer> {
  const { method, url = '', headers } = request;
  if (!isDirect(headers)) return { status: 403, text: errors('requests of web pages are refused') };
  // Without dots, which would lead out of the base path.
  const { pathname } = new URL(url, 'http://localhost');
  if (!pathname.startsWith(`${melodiumApi}/`) || (method !== 'GET' && method !== 'POST'))
    return { status: 404, text: errors(`there is no ${method} ${pathname} here`) };
  const body = await text(request);
  const answer = await exchange(connection, { method, path: pathname.slice(1), ...(method === 'POST' && { body }) });
  return answer.status === 200 ? { ...answer, text: await rewritten(answer.text, portOf) } : answer;
}

/** A page of another site has an Origin, and a page whose name was bound to this address has its own name as Host. */
function isDirect({ host = '', origin }: IncomingMessage['headers']): boolean {
  const url = `http://${host}`;
  return origin === undefined && URL.canParse(url) && isThisMachine(new URL(url).hostname);
}

async function rewritten(body: string, portOf: (run: string) => Promise<number>): Promise<string> {
  const { data } = startedReply.safeParse(JSON.parse(body));
  if (!data) return body;
  const { started } = data;
  return JSON.stringify({ ...data, started: { ...started, addresses: ['127.0.0.1'], port: await portOf(started.id) } });
}

function errors(...error: string[]): string {
  return JSON.stringify({ error });
}
