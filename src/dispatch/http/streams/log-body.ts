import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type MayflyError, toMayflyError } from '../../../errors.js';
import { toErrorDocument } from '../documents.js';
import type { StreamBody } from './body.js';
import { framedType, logFrame } from './log-frames.js';

export interface LogBodyOptions {
  /** In frames, or as plain text: both streams in the order of writing. */
  framed: boolean;
  write(streams: { stdout: Writable; stderr: Writable }): Promise<void>;
  /** Ends `write`. Called once, when the log was written or the client is gone. */
  close(): void;
  /** The error that the client gets for one of `write`. */
  explain(error: MayflyError): MayflyError;
}

/** A log as the body of an answer. A writer waits until the client has taken what was written before. */
export function logBody({ framed, write, close, explain }: LogBodyOptions): StreamBody {
  const joined = new PassThrough();
  // `next` throws it.
  joined.on('error', () => {});
  const writer = (stream: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (joined.write(framed ? logFrame(stream, chunk) : chunk)) done();
        else joined.once('drain', () => done());
      },
    });
  const stdout = writer('stdout');
  const writers = framed ? { stdout, stderr: writer('stderr') } : { stdout, stderr: stdout };
  const all = new Set(Object.values(writers));
  const flush = async () => {
    for (const one of all) one.end();
    await Promise.all([...all].map((one) => finished(one)));
  };
  const fail = (thrown: unknown) => {
    const error = explain(toMayflyError(thrown));
    // Text has no place for an error: a broken connection shows that some is missing.
    if (framed) joined.end(logFrame('error', Buffer.from(JSON.stringify(toErrorDocument(error)))));
    else joined.destroy(error);
  };
  void write(writers)
    .finally(flush)
    .then(() => joined.end(), fail);
  const pieces = joined[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    contentType: framed ? framedType : 'text/plain; charset=utf-8',
    async next() {
      const { done, value } = await pieces.next();
      return done ? null : value;
    },
    close() {
      close();
      for (const one of all) one.destroy();
      joined.destroy();
    },
  };
}
