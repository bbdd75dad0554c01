import { Writable } from 'node:stream';
import type { Backend } from '../backends/ports/backend.js';
import { toMayflyError } from '../errors.js';
import type { EndedLog } from '../state/ended-logs.js';

/** Largest size of one container's stored log, and of all logs of a worker, in bytes. */
export const longestLog = 4 * 2 ** 20;
export const longestLogs = 16 * 2 ** 20;

/** Largest number of lines that a backend is asked for: a daemon finds last lines faster than it sends a long log. */
const mostLines = 100_000;

/** Milliseconds for reading all logs of a worker. They must not delay its end. */
const readWithin = 5000;

export interface ReadLogsOptions {
  worker: string;
  containers: readonly string[];
  /** Called for each log that could not be read. */
  warn(message: string): void;
  /** Milliseconds; default: 5 s. */
  within?: number;
}

/** Reads the logs of a worker's containers, whole up to a size. A log that cannot be read in time is left out. */
export async function readLogs(backend: Backend, { worker, containers, warn, within = readWithin }: ReadLogsOptions): Promise<EndedLog[]> {
  const longest = Math.min(longestLog, Math.floor(longestLogs / Math.max(1, containers.length)));
  const timeUp = AbortSignal.timeout(within);
  const logs = await Promise.all(
    containers.map(async (container): Promise<EndedLog[]> => {
      try {
        return [{ container, content: await readLog(backend, worker, container, longest, timeUp) }];
      } catch (error) {
        const cause = timeUp.aborted ? `reading it took longer than ${within / 1000} s` : toMayflyError(error).message;
        warn(`the log of ${worker}/${container} could not be stored: ${cause}`);
        return [];
      }
    }),
  );
  return logs.flat();
}

async function readLog(backend: Backend, worker: string, container: string, longest: number, timeUp: AbortSignal): Promise<Buffer> {
  const end = new LogEnd(longest);
  const reading = backend.logs(worker, container, { follow: false, tail: mostLines, since: null }, { stdout: end, stderr: end }, timeUp);
  // A backend may take no notice of the signal.
  await Promise.race([reading, aborted(timeUp)]);
  timeUp.throwIfAborted();
  return end.content(mostLines);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

const newline = 10;

/** Keeps the last bytes that are written to it. */
class LogEnd extends Writable {
  private chunks: Buffer[] = [];
  private kept = 0;
  private written = 0;
  private lines = 0;

  constructor(private readonly longest: number) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    this.kept += chunk.length;
    this.written += chunk.length;
    for (const byte of chunk) if (byte === newline) this.lines += 1;
    while (this.kept - this.chunks[0]!.length >= this.longest) this.kept -= this.chunks.shift()!.length;
    done();
  }

  /** The log, whole or cut at the front, where a line says so. */
  content(mostLines: number): Buffer {
    const all = Buffer.concat(this.chunks);
    if (this.written <= this.longest && this.lines < mostLines) return all;
    const end = all.subarray(Math.max(0, all.length - this.longest));
    const note = `mayfly: the beginning of this log was not stored; these are its last ${(end.length / 2 ** 20).toFixed(1)} MB\n`;
    return Buffer.concat([Buffer.from(note), end.subarray(this.written > this.longest ? end.indexOf(newline) + 1 : 0)]);
  }
}
