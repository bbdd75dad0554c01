import { describeEnd } from '../../../events.js';
import { exitCodeOf } from '../../../worker/exit-code.js';
import { waitUntilEnded, waitUntilReady } from '../../../worker/wait.js';
import { inSession } from '../../session.js';
import { toDuration } from '../../times.js';
import { duration, moment } from '../../../views/format.js';
import type { Args } from './options.js';

/** Exits with the engine's own code; `exitCodeOf` has the codes of other reasons. */
export async function run(args: Args): Promise<void> {
  const { worker } = args;
  await inSession(args, async ({ call, json, line, out }) => {
    const options = {
      ...(args.backend && { backend: args.backend }),
      timeout: args.timeout === undefined ? null : toDuration(args.timeout, '--timeout', 'mayfly wait ci --timeout 5m'),
    };
    const now = () => call.clock.now();
    if (args.for === 'ready') {
      const { endsAt } = await waitUntilReady(call, worker, options);
      if (json) line({ worker, status: 'ready', ends: new Date(endsAt).toISOString() });
      else out(`${worker} is ready; it ends at ${moment(endsAt, now())} (in ${duration((endsAt - now()) / 1000)}).`);
      return 0;
    }
    const last = await waitUntilEnded(call, worker, options);
    const why = last && describeEnd(last);
    if (json) line({ worker, status: 'ended', reason: last?.reason ?? null, why, ended: last && new Date(last.endedAt).toISOString() });
    else if (last) out(`${worker} ended at ${moment(last.endedAt, now())}: ${why}.`);
    else out(`${worker} has ended; its reason and exit code were not recorded.`);
    return last ? exitCodeOf(last) : 1;
  });
}
