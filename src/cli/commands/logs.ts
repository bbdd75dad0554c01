import { MayflyError } from '../../errors.js';
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
  await inGracefulSession({ ...args, json: false }, async ({ house, passOn }) => {
    const options = { follow: args.follow, tail: args.tail ?? null };
    if (options.tail !== null && !(Number.isInteger(options.tail) && options.tail >= 0)) {
      throw new MayflyError('usage', {
        place: { path: '--tail' },
        cause: 'must be a whole number of lines, at least 0',
        remedy: 'for example: mayfly logs ci build --tail 20',
      });
    }
    const backend = await locateLiving(house, args.worker, args.backend as BackendName | undefined);
    try {
      await backend.logs(args.worker, args.container ?? engineName, options, passOn, house.stop);
    } catch (error) {
      // Ctrl-C is how one stops following.
      if (!(args.follow && house.stop.aborted)) throw error;
    }
    return 0;
  });
}
