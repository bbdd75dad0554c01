import { Writable } from 'node:stream';

/** Passes bytes on to a stream at its pace, and counts them. If the stream is closed, the rest is dropped, and `finish` reports it. */
export class Counted extends Writable {
  bytes = 0;
  private failure: Error | null = null;

  constructor(private readonly target: Writable) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { target } = this;
    if (target.destroyed) return this.fail(done);
    this.bytes += chunk.length;
    if (target.write(chunk)) return done();
    const [drained, failed] = [() => over(done), () => over(() => this.fail(done))];
    const over = (next: () => void) => {
      target.off('drain', drained).off('close', failed).off('error', failed);
      next();
    };
    target.on('drain', drained).on('close', failed).on('error', failed);
  }

  /** Resolves when the stream has taken everything. */
  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.end(() => (this.failure ? reject(this.failure) : resolve()));
    });
  }

  /** Its writer goes on, so that the command that it reads from ends. */
  private fail(done: () => void): void {
    this.failure ??= this.target.errored ?? new Error('the stream was closed before its end');
    done();
  }
}
