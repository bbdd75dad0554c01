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

/** Answers with a tar. A failure cuts the connection, so that a client does not take a part for the whole. */
export function streamReply(context: Context, tar: Readable, log: Log): Response {
  const { outgoing } = context.env as HttpBindings;
  const sent = new PassThrough();
  tar.on('error', (error) => {
    log.warn({ err: error, path: context.req.path }, 'an answer was cut');
    outgoing.destroy();
  });
  // A client that is gone ends the reading; a request for the head alone has no reader.
  sent.once('close', () => tar.destroy());
  if (context.req.raw.method === 'HEAD') sent.destroy();
  tar.pipe(sent);
  context.header('content-type', 'application/x-tar');
  return context.body(Readable.toWeb(sent) as ReadableStream as never);
}
