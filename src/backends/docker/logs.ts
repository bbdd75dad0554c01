import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { LogOptions, Streams } from '../ports/sessions.js';
import { OverdueError } from './call-life.js';
import { Demultiplexer } from './frames.js';
import { type HttpClient, isStatus } from './http-client.js';

/** Writes the log of a container without a terminal, with separate streams, or in the order of writing where both are one stream. With `follow`: until the container ends or the signal aborts. */
export async function writeLogs(
  http: HttpClient,
  id: string,
  options: LogOptions,
  streams: Pick<Streams, 'stdout' | 'stderr'>,
  signal?: AbortSignal,
  deadline?: number,
): Promise<void> {
  const body = await http.stream('GET', `/containers/${id}/logs`, {
    query: {
      stdout: true,
      stderr: true,
      follow: options.follow,
      tail: options.tail ?? 'all',
      ...(options.since !== null && { since: (options.since / 1000).toFixed(3) }),
    },
    signal,
    ...(deadline !== undefined && { deadline }),
  });
  const output = body.pipe(new Demultiplexer(streams.stderr === streams.stdout ? null : streams.stderr));
  body.on('error', (error) => output.destroy(error));
  for await (const chunk of output) {
    if (!streams.stdout.write(chunk)) await once(streams.stdout, 'drain', signal && { signal });
  }
}

/** Milliseconds for reading last lines. A report must not delay the end of a worker. */
const lastLinesTime = 20_000;

/** The last lines, the oldest first. Empty if the log cannot be read: its driver keeps none, or the container was removed. */
export async function lastLines(http: HttpClient, id: string, count: number): Promise<string[]> {
  const both = new PassThrough();
  try {
    const all = text(both);
    await writeLogs(
      http,
      id,
      { follow: false, tail: count, since: null },
      { stdout: both, stderr: both },
      undefined,
      lastLinesTime,
    ).finally(() => both.end());
    return (await all)
      .split('\n')
      .filter((line) => line !== '')
      .slice(-count);
  } catch (error) {
    if (error instanceof OverdueError || isStatus(error, 404, 409, 500, 501)) return [];
    throw error;
  }
}
