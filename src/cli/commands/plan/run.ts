import pkg from '../../../../package.json' with { type: 'json' };
import { MayflyError } from '../../../errors.js';
import { hasChanges } from '../../../plan/plan.js';
import { planWorker } from '../../../worker/plan.js';
import { inSession } from '../../session.js';
import { planLines, versionLine } from '../../../views/json-view.js';
import { humanPlan } from '../../../views/plan-view.js';
import { markdownPlan } from '../../../views/markdown-view.js';
import { paint } from '../../paint.js';
import { writeUserFile } from '../../write-file.js';
import { eachWorker, specsOf } from '../shared/each-spec.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const all = await specsOf(args.spec, args);
    if (args.out !== undefined && all.length > 1) {
      throw new MayflyError('usage', {
        place: { path: '--out' },
        cause: `a saved plan holds one worker, and ${args.spec} describes ${all.length}`,
        remedy: 'apply the file itself, or put the worker in a file of its own',
      });
    }
    if (session.json) session.line(versionLine(pkg.version));
    const named = all.map((item) => ({ name: item.spec.name, item }));
    return eachWorker(session, named, async (own, { spec, warnings, origin }) => {
      const { plan } = await planWorker(own.call, spec, {
        ...(args.backend && { backend: args.backend }),
        strict: args.strict,
        origin,
      });
      return async () => {
        const describe = own.call.nodes.entry(plan.offer.backend).describe;
        if (own.json) for (const one of planLines(plan, describe)) own.line(one);
        else own.out(args.markdown ? markdownPlan(plan, describe) : humanPlan(plan, describe, paint));
        warn(own, warnings);
        if (args.out !== undefined) {
          await writeUserFile(args.out, `${JSON.stringify(plan)}\n`, { secret: true });
          own.note(`Saved to ${args.out}. Next: mayfly apply ${args.out}`);
        }
        return args.detailedExitcode && hasChanges(plan) ? 2 : 0;
      };
    });
  });
}
