import { humanShown } from '../../../views/show-view.js';
import { showWorker } from '../../../worker/show.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    const shown = await showWorker(call, args.worker, { ...(args.backend && { backend: args.backend }), sizes: args.sizes });
    if (json) line(shown);
    else out(humanShown(shown).join('\n'));
    return 0;
  });
}
