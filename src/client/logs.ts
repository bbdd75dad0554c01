import { once } from 'node:events';
import { errorReply } from './documents.js';
import { open } from './open.js';
import { type Connection, errorOf, unreachable } from './http.js';

export interface RunLogOptions {
  container: string;
  follow: boolean;
  /** The number of last lines to begin with; `null`: all. */
  tail: number | null;
  /** Only lines from this time on, in milliseconds since the epoch; `null`: all. */
  since: number | null;
}

export interface LogStreams {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
}

/** Docker's framed output: see docs/serve.md. */
const framedType = 'application/vnd.docker.multiplexed-stream';
const headerSize = 8;
const [stderrFrame, errorFrame] = [2, 3];

/** Writes the log of a container of a run's last worker. @throws MayflyError, also where the connection breaks before the end of the log */
export async function writeRunLog(connection: Connection, run: string, options: RunLogOptions, streams: LogStreams): Promise<void> {
  const { container, follow, tail, since } = options;
  const { signal } = connection;
  const query = new URLSearchParams({ container, follow: String(follow) });
  if (tail !== null) query.set('tail', String(tail));
  if (since !== null) query.set('since', new Date(since).toISOString());
  const url = new URL(`v1/runs/${encodeURIComponent(run)}/logs?${query}`, connection.server);
  const answer = await open(connection, 'GET', url, signal, (request) => request.end(), { accept: framedType });
  const frames = new Frames();
  let error = '';
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (const { stream, bytes } of frames.read(chunk)) {
        const output = stream === stderrFrame ? streams.stderr : streams.stdout;
        if (stream === errorFrame) error += bytes.toString('latin1');
        else if (!output.write(bytes)) await once(output, 'drain', { signal });
      }
    }
  } catch (cause) {
    throw signal.aborted ? signal.reason : unreachable(connection, 'the connection broke before the log was complete', cause);
  }
  if (error !== '') throw errorOf(errorReply.parse(JSON.parse(Buffer.from(error, 'latin1').toString())).error);
}

/** Splits framed output. A payload is returned in the pieces in which it arrives. */
export class Frames {
  private header = Buffer.alloc(0);
  private stream = 0;
  /** Bytes that the payload still lacks. */
  private left = 0;

  *read(chunk: Buffer): Iterable<{ stream: number; bytes: Buffer }> {
    for (let at = 0; at < chunk.length;) {
      if (this.left === 0) {
        const part = chunk.subarray(at, at + headerSize - this.header.length);
        this.header = Buffer.concat([this.header, part]);
        at += part.length;
        if (this.header.length < headerSize) return;
        this.stream = this.header[0]!;
        this.left = this.header.readUInt32BE(4);
        this.header = Buffer.alloc(0);
        continue;
      }
      const bytes = chunk.subarray(at, at + this.left);
      at += bytes.length;
      this.left -= bytes.length;
      yield { stream: this.stream, bytes };
    }
  }
}
