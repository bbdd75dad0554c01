import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { LogOptions, Streams } from '../backend.js';
import type { ContainerInspect } from './api-types.js';
import { Demultiplexer } from './frames.js';
import { type HttpClient, isStatus } from './http-client.js';

/** Writes a container's log, streams apart; with `follow` until it ends or the signal aborts. */
export async function writeLogs(
  http: HttpClient,
  container: Pick<ContainerInspect, 'Id' | 'Config'>,
  options: LogOptions,
  streams: Pick<Streams, 'stdout' | 'stderr'>,
  signal?: AbortSignal,
): Promise<void> {
  const body = await http.stream('GET', `/containers/${container.Id}/logs`, {
    query: { stdout: true, stderr: true, follow: options.follow, tail: options.tail ?? 'all' },
    signal,
  });
  const output = container.Config.Tty ? body : body.pipe(new Demultiplexer(streams.stderr));
  body.on('error', (error) => output.destroy(error));
  for await (const chunk of output) {
    if (!streams.stdout.write(chunk)) await new Promise<void>((resolve) => streams.stdout.once('drain', resolve));
  }
}

/** Oldest first; none when the log cannot be had (its driver keeps none, or the container is gone). */
export async function lastLines(http: HttpClient, container: Pick<ContainerInspect, 'Id' | 'Config'>, count: number): Promise<string[]> {
  const both = new PassThrough();
  try {
    const all = text(both);
    await writeLogs(http, container, { follow: false, tail: count }, { stdout: both, stderr: both }).finally(() => both.end());
    return (await all)
      .split('\n')
      .filter((line) => line !== '')
      .slice(-count);
  } catch (error) {
    if (isStatus(error, 404, 409, 500, 501)) return [];
    throw error;
  }
}
