import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ReadEntry } from 'tar';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Ground } from '../shared/detached/ground.js';
import type { ContainerInspect } from './api-types.js';
import { execIn } from './exec.js';
import { EngineError, type HttpClient, isStatus } from './http-client.js';

/** Directory of detached commands in a container's own layer: it can be read while the container is stopped, and ends with it. */
const directory = '/.mayfly';

/** @param assertRuns throws where the container cannot run commands */
export function groundOf(http: HttpClient, clock: Clock, { Id, State }: ContainerInspect, assertRuns: () => void): Ground {
  const read = async (path: string, from: number, sink: Writable, signal: AbortSignal) => {
    try {
      const tar = await http.stream('GET', `/containers/${Id}/archive`, { query: { path }, signal });
      await writeFile(tar, from, sink);
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw error;
    }
  };
  return {
    directory,
    assertRuns: async () => assertRuns(),
    async exec(options) {
      try {
        return await execIn(http, Id, options, clock);
      } catch (error) {
        throw hasStopped(error) ? stopped(error) : error;
      }
    },
    root: { user: '0', workingDir: '/' },
    files: State.Status === 'running' ? null : { paused: State.Status === 'paused', read },
  };
}

/** Whether a container has stopped between the look at it and a command. Also runc's errors name it. */
function hasStopped(error: unknown): boolean {
  return isStatus(error, 404, 409) || (error instanceof EngineError && /is not running|stopped/.test(error.message));
}

function stopped(error: unknown): MayflyError {
  return new MayflyError('not_ready', { cause: 'the container has stopped', remedy: 'see why with `mayfly show`', error });
}

/** Writes the one file of a tar from a byte on. */
async function writeFile(tar: Readable, from: number, sink: Writable): Promise<void> {
  const { Parser } = await import('tar');
  let skipped = 0;
  const parser = new Parser({
    onReadEntry(entry: ReadEntry) {
      entry.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(Math.min(chunk.length, from - skipped));
        skipped += chunk.length - part.length;
        if (part.length === 0 || sink.write(part)) return;
        entry.pause();
        sink.once('drain', () => entry.resume());
      });
    },
  });
  const ended = once(parser, 'end');
  for await (const chunk of tar) if (!parser.write(chunk as Buffer)) await once(parser, 'drain');
  parser.end();
  await ended;
}
