import { MayflyError } from '../../../errors.js';
import { locateLiving } from '../../../worker/locate.js';
import { inSession } from '../../session.js';
import { humanOutput } from '../../../views/access-view.js';
import { outputDocument } from '../../../views/json-view.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out }) => {
    const backend = await locateLiving(call, args.worker, args.backend);
    const { outputs } = await call.layout.worker(backend.name, args.worker).readState();
    if (Object.keys(outputs).length === 0) {
      throw new MayflyError('state_unreadable', {
        place: { path: args.worker },
        cause: 'the local state has no outputs of this worker',
        remedy: 'apply its spec here, which adopts the worker as it is',
      });
    }
    if (args.name !== undefined && !Object.hasOwn(outputs, args.name)) {
      throw new MayflyError('usage', {
        place: { path: args.worker },
        cause: `has no output ${args.name}`,
        remedy: `choose one of ${Object.keys(outputs).join(', ')}`,
      });
    }
    const chosen = args.name === undefined ? outputs : { [args.name]: outputs[args.name]! };
    const document = outputDocument(chosen);
    if (json) out(JSON.stringify(args.name === undefined ? document : chosen[args.name]!.value, null, 2));
    else for (const [name, output] of Object.entries(chosen)) out(humanOutput(name, output));
    return 0;
  });
}
