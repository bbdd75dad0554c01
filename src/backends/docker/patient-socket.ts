import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

/**
 * A connection whose other end may stop listening before all that it said has arrived: a command that goes without reading its input has its
 * last output on the way still. Node drops that when a write fails, or when the close shows as a reset for the unread input. Here the
 * input is dropped instead, and the output read to its end. Over a Unix socket a reset loses nothing that was sent before.
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
    // Node's sockets have it, though a stream need not.
    super._writev!(chunks, unlessUnread(done));
  }
}

function unlessUnread(done: Done): Done {
  return (error) => done(error && /^(EPIPE|ECONNRESET)$/.test((error as NodeJS.ErrnoException).code ?? '') ? null : error);
}
