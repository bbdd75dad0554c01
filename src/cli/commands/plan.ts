import pkg from '../../../package.json' with { type: 'json' };
import { hasChanges } from '../../plan/plan.js';
import { loadSpec } from '../../spec/load.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { planWorker } from '../../worker/plan.js';
import { type CommonArgs, inSession } from '../session.js';
import { planLines, versionLine } from '../views/json-view.js';
import { humanPlan, markdownPlan } from '../views/plan-view.js';
import { writeUserFile } from '../write-file.js';
import { warn } from './warn.js';

interface Args extends CommonArgs {
  spec: string;
  name?: string;
  strict: boolean;
  out?: string;
  detailedExitcode: boolean;
  markdown: boolean;
}

export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const { house, json, line, out } = session;
    const { spec, warnings } = await loadSpec(args.spec, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
    const { plan } = await planWorker(house, spec, { ...(args.backend && { backend: args.backend as BackendName }), strict: args.strict });
    if (json) for (const one of [versionLine(pkg.version), ...planLines(plan)]) line(one);
    else out(args.markdown ? markdownPlan(plan) : humanPlan(plan));
    warn(session, warnings);
    if (args.out !== undefined) {
      await writeUserFile(args.out, `${JSON.stringify(plan)}\n`, { secret: true });
      session.note(`Saved to ${args.out}. Next: mayfly apply ${args.out}`);
    }
    return args.detailedExitcode && hasChanges(plan) ? 2 : 0;
  });
}
