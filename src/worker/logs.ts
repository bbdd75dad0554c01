import type { Backend } from '../backends/ports/backend.js';
import type { LogOptions, Streams } from '../backends/ports/sessions.js';
import { unknownContainer } from '../backends/shared/unknown-container.js';
import { MayflyError } from '../errors.js';
import { describeEnd } from '../events.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { EndedLog } from '../state/ended-logs.js';
import type { HistoryEntry } from '../state/history.js';
import type { Call } from './call.js';
import { endingsOf } from './endings.js';
import { locate, unknownWorker } from './locate.js';

export interface LogsOptions extends LogOptions {
  worker: string;
  container: string;
  backend?: BackendName | undefined;
}

type Output = Pick<Streams, 'stdout' | 'stderr'>;

/** The log of a container. */
export interface WorkerLog {
  /** The end of the worker, at which the log was stored; `null`: the worker lives. */
  end: HistoryEntry | null;
  /** Writes the log. A stored one has both streams as one. @throws MayflyError `container_unknown` for a living worker */
  write(streams: Output): Promise<void>;
}

/** Writes the log of a container, with notes about a stored one. @throws as `findWorkerLog` */
export async function writeWorkerLog(call: Call, options: LogsOptions, streams: Output): Promise<void> {
  const { end, write } = await findWorkerLog(call, options);
  if (end) streams.stderr.write(`mayfly: ${options.worker} has ended (${describeEnd(end)}); this log was stored at its end\n`);
  if (end && options.since !== null) streams.stderr.write('mayfly: stored logs have no times: some of these lines may be older\n');
  await write(streams);
}

/**
 * Finds the log of a container of a living worker, or the log that was stored at the end of the last worker of this name.
 *
 * @param options `since` is a time of our clock
 * @throws MayflyError `worker_unknown`, `container_unknown`, `worker_ended` where no log was stored
 */
export async function findWorkerLog(call: Call, options: LogsOptions): Promise<WorkerLog> {
  const { worker, container, since, tail } = options;
  const { backend, asked } = await locate(call, worker, options.backend);
  if (backend) {
    const ofNode = since === null ? null : since + (await backend.clockSkew());
    return { end: null, write: (streams) => backend.logs(worker, container, { ...options, since: ofNode }, streams, call.stop) };
  }
  const [last] = await endingsOf(call, worker, asked);
  if (!last) throw unknownWorker(worker);
  const logs = await storedLogs(call, last, asked);
  if (!logs) throw notStored(last);
  const log = logs.find((one) => one.container === container);
  if (!log) {
    const names = logs.map((one) => one.container);
    throw unknownContainer(last.backend, worker, container, names);
  }
  const content = tail === null ? log.content : lastLinesOf(log.content, tail);
  return { end: last, write: async (streams) => void streams.stdout.write(content) };
}

/** From this machine, or from a keeper inside one of the backends. */
async function storedLogs({ layout }: Call, { worker, endedAt }: HistoryEntry, backends: readonly Backend[]): Promise<EndedLog[] | null> {
  const own = await layout.endedLogs.of(worker, endedAt);
  if (own) return own;
  for (const { residents } of backends) {
    const logs = await residents?.logs(worker, endedAt);
    if (logs) return logs;
  }
  return null;
}

function notStored({ worker, ...end }: HistoryEntry): MayflyError {
  return new MayflyError('worker_ended', {
    place: { path: worker },
    cause: `the worker has ended (${describeEnd(end)}), and its logs were not stored on this machine`,
    remedy: `see its last lines with \`mayfly show ${worker}\``,
  });
}

const newline = 10;

/** The last `count` lines of a text. A last line without a newline counts. */
function lastLinesOf(content: Buffer, count: number): Buffer {
  let at = content.length;
  if (content[at - 1] === newline) at -= 1;
  for (let left = count; left > 0 && at >= 0; left -= 1) at = at === 0 ? -1 : content.lastIndexOf(newline, at - 1);
  return count === 0 ? Buffer.alloc(0) : content.subarray(at + 1);
}
