import { extendWorker } from '../../../worker/extend.js';
import { inGracefulSession } from '../../session.js';
import { duration, moment } from '../../../views/format.js';
import type { Args } from './options.js';
import { parseSeconds } from './seconds.js';

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async ({ call, json, line, out }) => {
    const { from, to } = await extendWorker(call, args.worker, parseSeconds(args.duration), args.backend);
    const now = call.clock.now();
    if (json) line({ worker: args.worker, from: new Date(from).toISOString(), ends: new Date(to).toISOString() });
    else out(`${args.worker} ends at ${moment(to, now)} (in ${duration((to - now) / 1000)}) instead of ${moment(from, now)}.`);
    return 0;
  });
}
