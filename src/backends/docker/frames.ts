import { Transform, type TransformCallback } from 'node:stream';

/**
 * Splits the daemon's multiplexed stream: a header of 8 bytes (stream, three zeros, length as big-endian uint32), then the payload. Payloads
 * of the error stream are written to `stderr`, with back-pressure; all others pass through. `null`: all pass through, in their order.
 */
export class Demultiplexer extends Transform {
  private pending: Buffer = Buffer.alloc(0);

  constructor(private readonly stderr: NodeJS.WritableStream | null) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const toStderr: Buffer[] = [];
    while (this.pending.length >= 8) {
      const length = this.pending.readUInt32BE(4);
      if (this.pending.length < 8 + length) break;
      const payload = this.pending.subarray(8, 8 + length);
      if (this.stderr && this.pending[0] === 2) toStderr.push(payload);
      else this.push(payload);
      this.pending = this.pending.subarray(8 + length);
    }
    if (!this.stderr || toStderr.length === 0 || this.stderr.write(Buffer.concat(toStderr))) done();
    else this.stderr.once('drain', () => done());
  }
}
