import { execInRun } from '../../../client/exec/exec.js';
import { findRun } from '../../../client/find-run.js';
import { engineName } from '../../../spec/worker-spec.js';
import { commandOf } from '../../command-line.js';
import { assertNone } from '../../remote/portable.js';
import { inRemoteSession } from '../../remote/session.js';
import { assertTerminal, openTerminal } from '../../terminal.js';
import { settingsOf } from '../shared/command-settings.js';
import { endingOf } from '../shared/ending.js';
import { detachedOptions } from './detached-verb.js';
import type { Args } from './options.js';

/** As `run` of this command, in a run's worker. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession({ ...args, json: false }, async (session) => {
    assertNone(args, detachedOptions);
    const { client, connection, call, passOn, note } = session;
    const command = commandOf(args, 'mayfly exec ci build -- make test');
    const cancel = { ...endingOf(session, args), stop: call.stop, kill: call.abort };
    const settings = settingsOf(args, process.env);
    if (args.tty) assertTerminal();
    const { id } = await findRun(client, args.worker);
    const terminal = args.tty ? openTerminal(args.interactive) : null;
    try {
      const streams = { stdin: args.interactive ? process.stdin : null, ...passOn, terminal };
      const container = args.container ?? engineName;
      const { code, why } = await execInRun(connection, id, { ...settings, command, container, fresh: args.fresh, streams, cancel });
      terminal?.restore();
      if (why !== null) note(`${args.worker}: ${why}`);
      return code;
    } finally {
      terminal?.restore();
      // An open input would keep the process alive.
      if (args.interactive) process.stdin.destroy();
    }
  });
}
