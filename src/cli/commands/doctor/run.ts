import { humanFinding } from '../../../views/finding-view.js';
import { examine } from '../../../worker/doctor.js';
import { paint } from '../../paint.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

/** Exits with 1 if there is a problem. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    if (args.awsPolicy) {
      const { policy } = await call.nodes.entry('aws').load();
      out(JSON.stringify(policy!({ ...call.env, ...call.nodes.deciding('aws') }), null, 2));
      return 0;
    }
    const findings = await examine(call);
    const problems = findings.filter(({ kind }) => kind === 'problem').length;
    if (json) {
      line({ state_dir: call.layout.root, findings });
      return problems > 0 ? 1 : 0;
    }
    out(`state in ${call.layout.root}`);
    for (const finding of findings) out(humanFinding(finding, paint));
    return problems > 0 ? 1 : 0;
  });
}
