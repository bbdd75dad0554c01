import { findRun } from '../../../client/find-run.js';
import { humanWhy } from '../../../views/why-view.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, call, json, line, out }) => {
    const found = await findRun(client, args.run);
    const why = await client.why(found.id);
    if (json) line(why);
    else out(humanWhy(found.name, why, call.clock.now()));
    return 0;
  });
}
