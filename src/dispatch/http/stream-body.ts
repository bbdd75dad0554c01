import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { PassThrough, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Log } from '../../log.js';
import { mayBeLong } from './server.js';

/** The body of a request, which may be long. */
export function streamOf({ env }: Context): Readable {
  const { incoming } = env as HttpBindings;
  mayBeLong(incoming as HttpBindings['incoming'] & { httpVersion: '1.1' });
  return incoming;
}

/** Answers with a stream. A failure cuts the connection, so that a client does not take a part for the whole. */
export function streamReply(context: Context, body: Readable, headers: Readonly<Record<string, string>>, log: Log): Response {
  // A program that calls the API without a server has no connection to cut.
  const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>;
  const sent = new PassThrough();
  body.on('error', (error) => {
    log.warn({ err: error, path: context.req.path }, 'an answer was cut');
    outgoing?.destroy();
    sent.destroy(error);
  });
  // A client that is gone ends the reading; a request for the head alone has no reader.
  sent.once('close', () => body.destroy());
  if (context.req.raw.method === 'HEAD') sent.destroy();
  body.pipe(sent);
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return context.body(Readable.toWeb(sent) as ReadableStream as never);
}
