import type { LogStream } from '@aws-sdk/client-cloudwatch-logs';
import { streamPrefix } from './names.js';
import type { LogOptions, Streams } from '../ports/sessions.js';
import type { Aws } from './clients.js';
import { ifThere } from './errors.js';
import { pages } from './pages.js';

/** Milliseconds between two reads of a followed log. */
const followEvery = 1000;

/** A container's streams, one for each task, the oldest first. */
async function streamsOf(aws: Aws, logGroupName: string, container: string, signal?: AbortSignal): Promise<LogStream[]> {
  const found = await pages(async (nextToken) => {
    const input = { logGroupName, logStreamNamePrefix: `${streamPrefix}/${container}/`, nextToken };
    const page = await ifThere(() => aws.logs.describeLogStreams(input, signal), 'ResourceNotFoundException');
    return { items: page?.logStreams ?? [], next: page?.nextToken };
  });
  return found.sort((a, b) => (a.creationTime ?? 0) - (b.creationTime ?? 0));
}

/** Largest number of lines in one answer. */
const mostLines = 10_000;

interface From {
  token: string | undefined;
  since: number | null;
}

/** Reads a stream from a position to its end. @returns the lines and the new position */
async function readOn(aws: Aws, group: string, stream: string, { token, since }: From, signal?: AbortSignal) {
  const lines: string[] = [];
  let nextToken = token;
  for (;;) {
    const range = { logGroupName: group, logStreamName: stream, startFromHead: true, nextToken };
    const page = await aws.logs.getLogEvents({ ...range, ...(since !== null && { startTime: Math.ceil(since) }) }, signal);
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
    // At the end AWS returns the same token again.
    if (page.nextForwardToken === nextToken || page.nextForwardToken === undefined) return { lines, token: nextToken };
    nextToken = page.nextForwardToken;
  }
}

/** The last lines of a stream, and the position after them, from which `readOn` continues. */
async function readEnd(aws: Aws, group: string, stream: string, count: number, since: number | null, signal?: AbortSignal) {
  const range = { logGroupName: group, logStreamName: stream, limit: Math.max(1, Math.min(count, mostLines)), startFromHead: false };
  const page = await aws.logs.getLogEvents({ ...range, ...(since !== null && { startTime: Math.ceil(since) }) }, signal);
  const lines = (page.events ?? []).map(({ message = '' }) => message);
  return { lines: lines.slice(Math.max(0, lines.length - count)), token: page.nextForwardToken };
}

/** The last lines of a container in one task, the oldest first; empty if there is no log. `task`: its ARN. */
export async function lastLines(
  aws: Aws,
  { group, container, task }: { group: string; container: string; task: string },
  count: number,
): Promise<string[]> {
  const stream = `${streamPrefix}/${container}/${task.split('/').at(-1)}`;
  return (await ifThere(() => readEnd(aws, group, stream, count, null), 'ResourceNotFoundException'))?.lines ?? [];
}

/** Writes a container's log. `awslogs` stores both output streams as one. With `follow`: until the signal aborts or the log is removed. */
export async function writeLogs(
  aws: Aws,
  group: string,
  container: string,
  { follow, tail, since }: LogOptions,
  { stdout }: Pick<Streams, 'stdout' | 'stderr'>,
  signal: AbortSignal,
): Promise<void> {
  const write = (lines: readonly string[]) => {
    for (const line of lines) stdout.write(`${line}\n`);
  };
  const first = (await streamsOf(aws, group, container, signal)).map(({ logStreamName = '' }) => logStreamName);
  // Earlier tasks write nothing more. With `tail`, only the last task's log is read.
  const finished = new Set(tail === null ? [] : first.slice(0, -1));
  const places = new Map<string, string | undefined>();
  for (const stream of first.filter((one) => !finished.has(one))) {
    const from = { token: undefined, since };
    const whole = tail === null || tail > mostLines;
    const read = whole ? readOn(aws, group, stream, from, signal) : readEnd(aws, group, stream, tail, since, signal);
    const { lines, token } = await read;
    write(tail === null ? lines : lines.slice(Math.max(0, lines.length - tail)));
    places.set(stream, token);
  }
  while (follow) {
    await aws.clock.sleep(followEvery, signal).catch(() => {});
    if (signal.aborted) return;
    const now = await streamsOf(aws, group, container, signal);
    if (now.length === 0 && places.size > 0) return;
    for (const { logStreamName: stream = '' } of now) {
      if (finished.has(stream)) continue;
      const { lines, token } = await readOn(aws, group, stream, { token: places.get(stream), since }, signal);
      write(lines);
      places.set(stream, token);
    }
  }
}
