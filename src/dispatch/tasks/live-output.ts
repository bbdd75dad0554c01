import { EventEmitter, once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isCode } from '../../state/atomic-file.js';

/** Bytes that are read at once. */
const blockSize = 65_536;

/** The output of a delivery, as a file that grows while its command runs. Any number of readers follow it. */
export class LiveOutput {
  /** Bytes in the file. */
  private size = 0;
  /** Takes the output. */
  readonly sink: Writable;
  private readonly changes = new EventEmitter();
  private isOver = false;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.changes.setMaxListeners(0);
    this.sink = new Writable({ write: (chunk: Buffer, _encoding, done) => void this.append(chunk).then(() => done(), done) });
    // The writer gets the error at its next write.
    this.sink.on('error', () => {});
  }

  /** @param path the file; it is emptied if it exists */
  static async open(path: string): Promise<LiveOutput> {
    return new LiveOutput(path, await open(path, 'w', 0o600));
  }

  /** The output from a byte on. `follow`: until its end; else: until now. @returns `false`: the file is not here any more, and nothing was read */
  async *read(from: number, follow: boolean, signal: AbortSignal): AsyncGenerator<Buffer, boolean, undefined> {
    // The file may get another name, or be removed, while it is read.
    const file = await open(this.path).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return null;
      throw error;
    });
    if (!file) return false;
    try {
      for (let at = from; ;) {
        while (at < this.size) {
          const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(blockSize, this.size - at)), 0, undefined, at);
          yield buffer.subarray(0, bytesRead);
          at += bytesRead;
        }
        if (!follow || this.isOver) return true;
        await once(this.changes, 'change', { signal });
      }
    } finally {
      await file.close();
    }
  }

  /** Bytes that it has got, when all of them are in the file. @throws the error of a write */
  async written(): Promise<number> {
    await new Promise<void>((resolve, reject) => this.sink.write(Buffer.alloc(0), (error) => (error ? reject(error) : resolve())));
    return this.size;
  }

  /** Ends the writing. @returns the bytes in the file @throws the error of a write */
  async end(): Promise<number> {
    try {
      this.sink.end();
      await finished(this.sink);
      return this.size;
    } finally {
      await this.close();
    }
  }

  /** Ends the writing, whatever is left to write. */
  async close(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.destroy();
    this.changes.emit('change');
    await this.file.close();
  }

  private async append(chunk: Buffer): Promise<void> {
    await this.file.appendFile(chunk);
    this.size += chunk.length;
    this.changes.emit('change');
  }
}
