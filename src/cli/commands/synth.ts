import { join } from 'node:path';
import { loadSpec } from '../../spec/load.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { formatStack } from '../../state/worker-directory.js';
import { chooseBackend } from '../../worker/choose-backend.js';
import { type CommonArgs, inSession } from '../session.js';
import { writeUserFile } from '../write-file.js';

interface Args extends CommonArgs {
  spec: string;
  name?: string;
  out?: string;
  strict: boolean;
}

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ house, out, note }) => {
    const { spec } = await loadSpec(args.spec, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
    const { offer } = await chooseBackend(house, spec, {
      ...(args.backend && { backend: args.backend as BackendName }),
      strict: args.strict,
    });
    const text = formatStack(await house.synthesize({ spec, offer }));
    if (args.out === undefined) process.stdout.write(text);
    else {
      const path = join(args.out, 'cdk.tf.json');
      await writeUserFile(path, text, { folder: true, secret: true });
      note(`Wrote ${path}. It has the spec's values in it, its secrets too.`);
      out(path);
    }
    return 0;
  });
}
