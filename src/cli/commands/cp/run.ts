import { MayflyError } from '../../../errors.js';
import { engineName } from '../../../spec/worker-spec.js';
import { copyFromStream, copyIn, copyOut, copyToStream } from '../../../worker/copy.js';
import { locateLiving } from '../../../worker/locate.js';
import { sessionsOf } from '../../../worker/sessions.js';
import { inGracefulSession } from '../../session.js';
import type { Args } from './options.js';

interface InContainer {
  worker: string;
  container: string;
  path: string;
}

/** Copies files; prints nothing on success. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn }) => {
    const { source, destination } = args;
    const [from, to] = [parsePlace(source), parsePlace(destination)];
    const inContainer = from ?? to;
    if (!inContainer || (from && to)) throw notOneEach(from !== null);
    const backend = await locateLiving(call, inContainer.worker, args.backend);
    const files = await sessionsOf(backend).files(inContainer.worker, inContainer.container);
    try {
      if (from)
        await (destination === '-'
          ? copyToStream(files, from.path, passOn.stdout, call.stop)
          : copyOut(files, from.path, destination, call.clock, call.stop));
      else
        await (source === '-'
          ? copyFromStream(files, process.stdin, inContainer.path, call.stop)
          : copyIn(files, source, inContainer.path, call.stop));
    } finally {
      // An open input would keep the process alive.
      if (source === '-') process.stdin.destroy();
    }
    return 0;
  });
}

/** `WORKER:PATH` or `WORKER:CONTAINER:PATH`; `null` for a local path. A local path with a colon is written `./a:b`. */
export function parsePlace(text: string): InContainer | null {
  const [, worker, container = engineName, path] = /^([a-z][a-z0-9-]*):(?:([a-z][a-z0-9-]*):)?(.+)$/s.exec(text) ?? [];
  return worker !== undefined && path !== undefined ? { worker, container, path } : null;
}

function notOneEach(both: boolean): MayflyError {
  return new MayflyError('usage', {
    cause: both ? 'both places are in workers' : 'neither place is in a worker',
    remedy: both
      ? 'use a tar stream: mayfly cp A:PATH - | mayfly cp - B:DIRECTORY'
      : 'one of them must be WORKER:PATH or WORKER:CONTAINER:PATH, for example: mayfly cp ci:build:/work/report .',
  });
}
