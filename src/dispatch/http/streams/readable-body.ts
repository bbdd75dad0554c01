import type { Readable } from 'node:stream';
import type { Token } from '../../store/store.js';
import type { StreamBody } from './body.js';
import type { Streams } from './streams.js';

export interface ReadableBodyOptions {
  streams: Streams;
  token: Token;
  contentType: string;
  /** `signal`: the client is gone, or its token was removed. */
  open(signal: AbortSignal): Promise<Readable>;
}

/** A readable as the body of an open stream. @throws MayflyError `too_many_streams`; the error of `open` */
export async function readableBody({ streams, token, contentType, open }: ReadableBodyOptions): Promise<StreamBody> {
  const { closed, release } = streams.admit(token);
  const gone = new AbortController();
  const signal = AbortSignal.any([closed, gone.signal]);
  try {
    const readable = await open(signal);
    // `next` throws the error. Without a listener, one before the first call would end the process.
    readable.on('error', () => {});
    const end = () => void readable.destroy();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const parts = readable[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    return {
      contentType,
      async next() {
        const { done, value } = await parts.next();
        return done ? null : value;
      },
      close() {
        gone.abort();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
