import { findRun } from '../../../client/find-run.js';
import { writeRunLog } from '../../../client/logs.js';
import { inRemoteSession } from '../../remote/session.js';
import { askedLog } from './asked.js';
import type { Args } from './options.js';

/** As `run` of this command, for a run's worker. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession({ ...args, json: false }, async ({ client, connection, call, passOn }) => {
    const asked = askedLog(args, call.clock.now());
    const { id, name, completed, state, reason } = await findRun(client, args.worker);
    if (completed !== null) {
      passOn.stderr.write(`mayfly: ${name} has ended (${reason ?? state}); this log was stored at its end\n`);
      if (asked.since !== null) passOn.stderr.write('mayfly: stored logs have no times: some of these lines may be older\n');
    }
    try {
      await writeRunLog(connection, id, asked, passOn);
    } catch (error) {
      // Ctrl-C is the usual end of --follow.
      if (!(args.follow && call.stop.aborted)) throw error;
    }
    return 0;
  });
}
