import { Writable } from 'node:stream';
import { cancelOn } from '../shared/cancel.js';
import { execIn } from './exec.js';
import { EngineError, type HttpClient } from './http-client.js';

/** Most bytes of a list. */
const longest = 64 * 2 ** 20;

/**
 * Lists all that is neither a file nor a directory below a path of a container, by one `find` in the container: the daemon answers about one
 * path at a time, which takes a millisecond and more.
 *
 * @returns absolute paths; `null`: the container does not run, or has no `find`, or `find` could not read all
 */
export async function suspectsBelow(http: HttpClient, id: string, root: string, signal: AbortSignal): Promise<Set<string> | null> {
  const parts: Buffer[] = [];
  let length = 0;
  const stdout = new Writable({
    write(part: Buffer, _encoding, done) {
      length += part.length;
      if (length <= longest) parts.push(part);
      done();
    },
  });
  const stderr = new Writable({ write: (_part, _encoding, done) => done() });
  const command = ['find', root, '!', '-type', 'f', '!', '-type', 'd', '-print0'];
  try {
    const code = await execIn(http, id, { command, user: '0', streams: { stdin: null, stdout, stderr }, cancel: cancelOn(signal) });
    if (code !== 0 || length > longest) return null;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
  return new Set(Buffer.concat(parts).toString('utf8').split('\0'));
}
