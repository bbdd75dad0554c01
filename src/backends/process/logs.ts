import { once } from 'node:events';
import type { LogOptions, Streams } from '../ports/sessions.js';
import type { Host } from './host.js';
import { tailOffset } from './log-file.js';
import { objectPath } from './objects.js';
import { files, type ObjectRecord } from './record.js';
import { runStatus } from './run.js';

const block = 64 * 1024;
const pollEvery = 100;
/** Largest number of bytes for `tail`. */
const longestTail = 16 * 2 ** 20;

/** Writes a process's output to stdout. One file holds both of its streams, in the order of writing. */
export async function writeLog(
  host: Host,
  { id, createdAt }: Pick<ObjectRecord, 'id' | 'createdAt'>,
  { since, ...options }: LogOptions,
  streams: Pick<Streams, 'stdout' | 'stderr'>,
  signal: AbortSignal,
): Promise<void> {
  const path = `${objectPath(host, id)}/${files.log}`;
  const written = since === null ? null : await host.system.stat(path);
  // Lines have no times. Only the start of the process and the file's last change are known.
  const nothingSince = since !== null && (written === null || written.modified < since);
  if (since !== null && !nothingSince && since > createdAt) {
    streams.stderr.write('mayfly: logs of local processes have no times: some of these lines may be older\n');
  }
  const tail = nothingSince ? 0 : options.tail;
  let offset = tail === null ? 0 : await tailOffset(host, path, tail, longestTail);
  for (let last = !options.follow; !signal.aborted;) {
    const chunk = await host.system.readBytes(path, offset, block);
    if (chunk && chunk.bytes.length > 0) {
      offset += chunk.bytes.length;
      if (!streams.stdout.write(chunk.bytes)) await once(streams.stdout, 'drain', { signal }).catch(() => undefined);
      continue;
    }
    if (last) return;
    // After its end the file is read once more, for its last output.
    last = (await runStatus(host, id)).status === 'exited' || chunk === null;
    if (!last) await host.clock.sleep(pollEvery, signal).catch(() => undefined);
  }
}
