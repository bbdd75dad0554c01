import { humanShown } from '../../../views/show-view.js';
import { showWorker } from '../../../worker/show.js';
import { byEitherName } from '../../../worker/spec-name.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    const options = { ...(args.backend && { backend: args.backend }), sizes: args.sizes };
    const shown = await byEitherName(call, args.worker, args.backend, (worker) => showWorker(call, worker, options));
    if (json) line(shown);
    else out(humanShown(shown).join('\n'));
    return 0;
  });
}
