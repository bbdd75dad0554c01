import { type BackendName, engineName } from '../../spec/worker-spec.js';
import { locateLiving } from '../../worker/house.js';
import { type CommonArgs, inGracefulSession } from '../session.js';
import { commandOf } from '../command-line.js';

interface Args extends CommonArgs {
  worker: string;
  container?: string;
  interactive: boolean;
  behind: string[];
}

/** Exits with the command's own code. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ house, passOn }) => {
    const command = commandOf(args, 'mayfly exec ci build -- make test');
    const backend = await locateLiving(house, args.worker, args.backend as BackendName | undefined);
    const streams = { stdin: args.interactive ? process.stdin : null, ...passOn };
    const code = await backend.exec(args.worker, args.container ?? engineName, command, streams, house.stop);
    // An open input would keep the process waiting.
    if (args.interactive) process.stdin.destroy();
    return code;
  });
}
