import { engineName } from '../../../spec/worker-spec.js';
import { locateLiving } from '../../../worker/locate.js';
import { execInWorker } from '../../../worker/exec.js';
import { execFresh } from '../../../worker/exec-fresh.js';
import { inGracefulSession } from '../../session.js';
import { interruptedCode } from '../../signals.js';
import { commandOf } from '../../command-line.js';
import { assertTerminal, openTerminal } from '../../terminal.js';
import { settingsOf } from '../shared/command-settings.js';
import { endingOf } from '../shared/ending.js';
import { detachedVerb } from './detached-verb.js';
import { runDetached } from './detached.js';
import type { Args } from './options.js';

/** Exits with the code of the command, or of the worker's end. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async (session) => {
    const { call, passOn, note, asked } = session;
    const verb = detachedVerb(args);
    if (verb !== null) return runDetached(session, args, verb);
    const command = commandOf(args, 'mayfly exec ci build -- make test');
    const ending = endingOf({ asked }, args);
    const settings = settingsOf(args, process.env);
    if (args.tty) assertTerminal();
    const backend = await locateLiving(call, args.worker, args.backend);
    const terminal = args.tty ? openTerminal(args.interactive) : null;
    try {
      const streams = { stdin: args.interactive ? process.stdin : null, ...passOn, terminal };
      const { code, cause } = await (args.fresh ? execFresh : execInWorker)(call, backend, {
        worker: args.worker,
        container: args.container ?? engineName,
        command,
        settings,
        streams,
        ending,
      });
      terminal?.restore();
      if (cause) note(`${args.worker}: ${cause.why}`);
      return code;
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
