import { findRun } from '../../../client/find-run.js';
import { humanRun } from '../../../views/run-view.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, call, json, out, line }) => {
    const found = await findRun(client, args.worker);
    if (json) line(found);
    else out(humanRun(found, [], call.clock.now()));
    return 0;
  });
}
