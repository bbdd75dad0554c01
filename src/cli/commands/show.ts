import type { BackendName } from '../../spec/worker-spec.js';
import { humanShown } from '../../views/show-view.js';
import { showWorker } from '../../worker/show.js';
import { type CommonArgs, inSession } from '../session.js';

interface Args extends CommonArgs {
  worker: string;
}

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    const shown = await showWorker(call, args.worker, args.backend as BackendName | undefined);
    if (json) line(shown);
    else out(humanShown(shown).join('\n'));
    return 0;
  });
}
