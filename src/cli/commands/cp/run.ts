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

/** Copies files; says nothing when all went well. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn }) => {
    const { source, destination } = args;
    const [from, to] = [parsePlace(source), parsePlace(destination)];
    const there = from ?? to;
    if (!there || (from && to)) throw notOneEach(from !== null);
    const backend = await locateLiving(call, there.worker, args.backend);
    const files = await sessionsOf(backend).files(there.worker, there.container);
    try {
      if (from)
        await (destination === '-'
          ? copyToStream(files, from.path, passOn.stdout, call.stop)
          : copyOut(files, from.path, destination, call.clock, call.stop));
      else
        await (source === '-' ? copyFromStream(files, process.stdin, there.path, call.stop) : copyIn(files, source, there.path, call.stop));
    } finally {
      // An open input would keep the process waiting.
      if (source === '-') process.stdin.destroy();
    }
    return 0;
  });
}

/** `WORKER:PATH` or `WORKER:CONTAINER:PATH`; `null` for a local path. One with a colon is written `./a:b`. */
export function parsePlace(text: string): InContainer | null {
  const [, worker, container = engineName, path] = /^([a-z][a-z0-9-]*):(?:([a-z][a-z0-9-]*):)?(.+)$/s.exec(text) ?? [];
  return worker !== undefined && path !== undefined ? { worker, container, path } : null;
}

function notOneEach(both: boolean): MayflyError {
  return new MayflyError('usage', {
    cause: both ? 'both places are in workers' : 'neither place is in a worker',
    remedy: both
      ? 'send it through a tar: mayfly cp A:PATH - | mayfly cp - B:DIRECTORY'
      : 'one of them is WORKER:PATH or WORKER:CONTAINER:PATH, for example: mayfly cp ci:build:/work/report .',
  });
}
