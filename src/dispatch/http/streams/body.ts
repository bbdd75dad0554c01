import type { Context } from 'hono';
import type { Clock } from '../../../clock.js';

/** The body of an answer that is sent as it comes. */
export interface StreamBody {
  contentType: string;
  /** The next bytes; `null`: the end. Called once the client has taken the earlier ones. An error breaks the connection. */
  next(): Promise<string | Uint8Array | null>;
  /** Called once: the answer is over, or the client is gone. Ends a call of `next` that waits. */
  close(): void;
}

/** Milliseconds after which a client that takes nothing is dropped. */
const patience = 60_000;

/** Sends a body as fast as the client takes it. One piece is held at a time. */
export function sendStream(context: Context, { contentType, next, close }: StreamBody, clock: Clock): Response {
  const { outgoing } = (context.env ?? {}) as { outgoing?: { destroy(): void } };
  let untaken = new AbortController();
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    untaken.abort();
    close();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        untaken.abort();
        const breakOff = (error: unknown) => {
          if (isOver) return;
          end();
          // Without a socket, as in tests, the reader gets the error.
          if (outgoing) outgoing.destroy();
          else controller.error(error);
        };
        try {
          const bytes = await next();
          if (isOver) return;
          if (bytes === null) {
            end();
            return controller.close();
          }
          controller.enqueue(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
          untaken = new AbortController();
          clock.sleep(patience, untaken.signal).then(
            () => breakOff(new Error('the client takes nothing')),
            () => {},
          );
        } catch (error) {
          breakOff(error);
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  const headers = {
    'content-type': contentType,
    // A connection of a stream takes no other request, so it ends with the stream.
    connection: 'close',
    'x-accel-buffering': 'no',
  };
  if (context.req.method !== 'HEAD') return context.body(body, 200, headers);
  end();
  return context.body(null, 200, headers);
}
