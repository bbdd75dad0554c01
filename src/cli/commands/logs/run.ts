import { writeWorkerLog } from '../../../worker/logs.js';
import { inGracefulSession } from '../../session.js';
import { askedLog } from './asked.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn }) => {
    const { worker, backend } = args;
    const asked = askedLog(args, call.clock.now());
    try {
      await writeWorkerLog(call, { worker, backend, ...asked }, passOn);
    } catch (error) {
      // Ctrl-C is the usual end of --follow.
      if (!(args.follow && call.stop.aborted)) throw error;
    }
    return 0;
  });
}
