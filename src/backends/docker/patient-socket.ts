import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

/**
 * A connection whose other end may close before all of its output has arrived: a command may end without reading its input while its last
 * output is still on the way. Node drops this output if a write fails, or if the close appears as a reset because of the unread input. This
 * socket drops the input instead, and reads the output to its end. On a Unix socket a reset loses no data sent before.
 */
export class PatientSocket extends Socket {
  override destroy(error?: NodeJS.ErrnoException): this {
    if (error?.code !== 'ECONNRESET' || error.syscall !== 'read' || this.readableEnded) return super.destroy(error);
    this.push(null);
    return this;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    super._write(chunk, encoding, unlessUnread(done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    // `_writev` is optional for streams, but Node's sockets have it.
    super._writev!(chunks, unlessUnread(done));
  }
}

function unlessUnread(done: Done): Done {
  return (error) => done(error && /^(EPIPE|ECONNRESET)$/.test((error as NodeJS.ErrnoException).code ?? '') ? null : error);
}
