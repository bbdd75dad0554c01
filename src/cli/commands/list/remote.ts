import { livingStates } from '../../../client/documents.js';
import { runsTable } from '../../../views/run-view.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, call, json, out, line }) => {
    const runs = await client.allRuns({ state: livingStates });
    if (json) line(runs);
    else out(runs.length === 0 ? 'No living runs.' : runsTable(runs, call.clock.now()));
    return 0;
  });
}
