import { Writable } from 'node:stream';
import type { DetachedFollow } from '../../ports/detached.js';

/** Standard output of the script that starts a command: one line, and behind `started` the output of the command. */
export class StartOutput extends Writable {
  private line = Buffer.alloc(0);
  private hasLine = false;

  /** @param follow `null`: nothing follows the line */
  constructor(private readonly follow: Pick<DetachedFollow, 'started' | 'sink'> | null) {
    super();
  }

  /** The line. An error of the system may have several, and they are all in it. */
  get answer(): string {
    return this.line.toString().trim();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.hasLine) return this.pass(chunk, done);
    const all = Buffer.concat([this.line, chunk]);
    const end = this.follow ? all.indexOf('\n') + 1 : 0;
    if (end === 0 || all.subarray(0, end).toString() !== 'started\n') {
      this.line = all;
      return done();
    }
    [this.line, this.hasLine] = [all.subarray(0, end), true];
    this.follow!.started();
    this.pass(all.subarray(end), done);
  }

  private pass(output: Buffer, done: () => void): void {
    const { sink } = this.follow!;
    if (output.length === 0 || sink.write(output)) return done();
    sink.once('drain', done);
  }
}
