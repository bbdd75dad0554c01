import { join } from 'node:path';
import type { BackendName } from '../../spec/worker-spec.js';
import { formatStack } from '../../state/worker-directory.js';
import { chooseBackend } from '../../worker/choose-backend.js';
import { type CommonArgs, inSession } from '../session.js';
import { writeUserFile } from '../write-file.js';
import { eachWorker, specsOf } from './each-spec.js';

interface Args extends CommonArgs {
  spec: string;
  name?: string;
  out?: string;
  strict: boolean;
}

/** Of several workers: one stack after the other, or each in a directory of its name. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const all = (await specsOf(args.spec, args)).map(({ spec }) => ({ name: spec.name, it: spec }));
    return eachWorker(session, all, async ({ house, out, note }, spec) => {
      const { offer } = await chooseBackend(house, spec, {
        ...(args.backend && { backend: args.backend as BackendName }),
        strict: args.strict,
      });
      const text = formatStack(await house.synthesize({ spec, offer }));
      return async () => {
        if (args.out === undefined) process.stdout.write(text);
        else {
          const path = join(args.out, ...(all.length > 1 ? [spec.name] : []), 'cdk.tf.json');
          await writeUserFile(path, text, { folder: true, secret: true });
          note(`Wrote ${path}. It has the spec's values in it, its secrets too.`);
          out(path);
        }
        return 0;
      };
    });
  });
}
