import { once } from 'node:events';
import { Writable } from 'node:stream';

/** Passes bytes on to a stream at its pace, and counts them. */
export class Counted extends Writable {
  bytes = 0;

  constructor(private readonly target: Writable) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytes += chunk.length;
    if (this.target.write(chunk)) return done();
    once(this.target, 'drain').then(() => done(), done);
  }

  /** Resolves when the stream has taken everything. */
  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.once('error', reject);
      this.end(resolve);
    });
  }
}
