import { engineName } from '../../../spec/worker-spec.js';
import { locateLiving } from '../../../worker/locate.js';
import { sessionsOf } from '../../../worker/sessions.js';
import { inGracefulSession } from '../../session.js';
import { interruptedCode } from '../../signals.js';
import { commandOf } from '../../command-line.js';
import { assertTerminal, openTerminal } from '../../terminal.js';
import { endingOf } from '../shared/ending.js';
import type { Args } from './options.js';

/** Exits with the code of the command. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn, asked }) => {
    const command = commandOf(args, 'mayfly exec ci build -- make test');
    const ending = endingOf({ asked }, args);
    if (args.tty) assertTerminal();
    const backend = await locateLiving(call, args.worker, args.backend);
    const terminal = args.tty ? openTerminal(args.interactive) : null;
    try {
      const streams = { stdin: args.interactive ? process.stdin : null, ...passOn, terminal };
      const cancel = { ...ending, stop: call.stop, kill: call.abort };
      return await sessionsOf(backend).exec(args.worker, args.container ?? engineName, command, streams, cancel);
    } catch (error) {
      if (!call.stop.aborted) throw error;
      return interruptedCode;
    } finally {
      terminal?.restore();
      // An open input would keep the process alive.
      if (args.interactive) process.stdin.destroy();
    }
  });
}
