import { type BackendName, engineName } from '../../spec/worker-spec.js';
import { locateLiving } from '../../worker/house.js';
import { type CommonArgs, inGracefulSession } from '../session.js';

interface Args extends CommonArgs {
  worker: string;
  container?: string;
  follow: boolean;
  tail?: number;
}

export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ house }) => {
    const backend = await locateLiving(house, args.worker, args.backend as BackendName | undefined);
    const options = { follow: args.follow, tail: args.tail ?? null };
    try {
      await backend.logs(
        args.worker,
        args.container ?? engineName,
        options,
        { stdout: process.stdout, stderr: process.stderr },
        house.stop,
      );
    } catch (error) {
      // Ctrl-C is how one stops following.
      if (!(args.follow && house.stop.aborted)) throw error;
    }
    return 0;
  });
}
