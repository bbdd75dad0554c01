import { unlockWorker } from '../../../worker/unlock.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    const unlocked = await unlockWorker(call, args.worker, {
      ...(args.backend && { backend: args.backend }),
      force: args.force,
    });
    if (json) line({ worker: args.worker, unlocked: unlocked.map(({ owner }) => owner) });
    else if (unlocked.length === 0) out(`${args.worker} is not locked.`);
    for (const { owner } of json ? [] : unlocked)
      out(
        `${args.worker}: removed ${owner ? `the lock of ${owner.user} (pid ${owner.process.pid}, ${owner.operation})` : 'a damaged lock file'}.`,
      );
    return 0;
  });
}
