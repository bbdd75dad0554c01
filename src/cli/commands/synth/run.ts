import { formatAsks } from '../../../spec/asks.js';
import { totals } from '../../../spec/worker-spec.js';
import { join } from 'node:path';
import { MayflyError } from '../../../errors.js';
import type { WorkerSpec } from '../../../spec/worker-spec.js';
import { ephemeral, lasting } from '../../../plan/stack.js';
import { formatStack, WorkerDirectory } from '../../../state/worker-directory.js';
import { chooseBackend } from '../../../worker/choose-backend.js';
import { variablesOf } from '../../../worker/variables.js';
import { inSession } from '../../session.js';
import { synthReadme } from '../../../views/synth-readme.js';
import { writeUserFile } from '../../write-file.js';
import { eachWorker, specsOf } from '../shared/each-spec.js';
import type { Args } from './options.js';

/**
 * Prints the stack, or writes a directory that terraform can apply, for backends with a provider. Several workers: one stack after the other,
 * or a directory for each.
 */
export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const all = (await specsOf(args.spec, args)).map((item) => ({ name: item.spec.name, item }));
    return eachWorker(session, all, async ({ call, out, note }, { spec, origin: from }) => {
      const { backend, offer } = await chooseBackend(call, spec, {
        ...(args.backend && { backend: args.backend }),
        strict: args.strict,
      });
      const stack = await call.synthesize({ spec, offer });
      const text = formatStack(stack);
      return async () => {
        if (args.out === undefined) {
          process.stdout.write(text);
          return 0;
        }
        const directory = new WorkerDirectory(join(args.out, ...(all.length > 1 ? [spec.name] : [])));
        const path = directory.file('cdk.tf.json');
        await writeUserFile(path, text, { folder: true, secret: true });
        const { terraform } = call.nodes.entry(offer.backend).describe;
        if (terraform) {
          assertNoCaches(spec);
          const { clock, newId } = call;
          const before = (await directory.readVariables()) ?? {};
          const registries = { env: call.env, clock };
          const origin = from ?? '';
          // Terraform may make the worker much later: its lifetime counts from its creation.
          const birth = { until: '', asks: formatAsks(totals(spec)), dispatcher: '', spec_name: spec.name };
          const drawn = { kept: before, living: false, ends: null, now: clock.now(), newId, registries, origin, runner: '', birth };
          const source = { spec, offer, ...drawn };
          const variables = await variablesOf(stack, backend, source);
          const kept = `${JSON.stringify(lasting(stack, variables), null, 2)}\n`;
          await writeUserFile(directory.file('terraform.tfvars.json'), kept, { secret: true });
          const readme = synthReadme(spec, offer, ephemeral(stack, variables), terraform);
          await writeUserFile(directory.file('README.md'), readme, { folder: true });
        }
        note(`Wrote ${path}. It contains the values of the spec, secrets too.`);
        out(path);
        return 0;
      };
    });
  });
}

/** A cache gets its record and its end from `apply` alone. @throws MayflyError `usage` */
function assertNoCaches({ caches }: WorkerSpec): void {
  if (caches.length === 0) return;
  throw new MayflyError('usage', {
    place: { path: 'caches' },
    cause: 'terraform alone would make caches without an end',
    remedy: 'remove caches from the spec, or use `mayfly apply --applier terraform`',
  });
}
