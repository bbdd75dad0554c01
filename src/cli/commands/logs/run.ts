import { MayflyError } from '../../../errors.js';
import { engineName } from '../../../spec/worker-spec.js';
import { writeWorkerLog } from '../../../worker/logs.js';
import { inGracefulSession } from '../../session.js';
import { toMoment } from '../../times.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn }) => {
    const tail = args.tail ?? null;
    if (tail !== null && !(Number.isInteger(tail) && tail >= 0)) {
      throw new MayflyError('usage', {
        place: { path: '--tail' },
        cause: 'must be a whole number of lines, at least 0',
        remedy: 'for example: mayfly logs ci build --tail 20',
      });
    }
    const since = args.since === undefined ? null : toMoment(args.since, call.clock.now(), '--since', 'mayfly logs ci build --since 10m');
    const { worker, container = engineName, backend, follow } = args;
    try {
      await writeWorkerLog(call, { worker, container, backend, follow, tail, since }, passOn);
    } catch (error) {
      // Ctrl-C is the usual end of --follow.
      if (!(args.follow && call.stop.aborted)) throw error;
    }
    return 0;
  });
}
