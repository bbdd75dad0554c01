import type { BackendName } from '../../spec/worker-spec.js';
import { waitUntilEnded, waitUntilReady } from '../../worker/wait.js';
import { type CommonArgs, inSession } from '../session.js';
import { toDuration } from '../times.js';
import { duration, moment } from '../views/format.js';

interface Args extends CommonArgs {
  worker: string;
  for: 'ready' | 'ended';
  timeout?: string;
}

export async function run(args: Args): Promise<void> {
  const { worker } = args;
  await inSession(args, async ({ house, json, line, out }) => {
    const options = {
      ...(args.backend && { backend: args.backend as BackendName }),
      timeout: args.timeout === undefined ? null : toDuration(args.timeout, '--timeout', 'mayfly wait ci --timeout 5m'),
    };
    const now = () => house.clock.now();
    if (args.for === 'ready') {
      const { endsAt } = await waitUntilReady(house, worker, options);
      if (json) line({ worker, status: 'ready', ends: new Date(endsAt).toISOString() });
      else out(`${worker} is ready; it ends at ${moment(endsAt, now())} (in ${duration((endsAt - now()) / 1000)}).`);
      return 0;
    }
    const last = await waitUntilEnded(house, worker, options);
    if (json) line({ worker, status: 'ended', reason: last?.reason ?? null, ended: last && new Date(last.endedAt).toISOString() });
    else if (last) out(`${worker} ended at ${moment(last.endedAt, now())}: ${last.reason.replace('_', ' ')}.`);
    else out(`${worker} has ended; nobody on this machine has kept why.`);
    return 0;
  });
}
