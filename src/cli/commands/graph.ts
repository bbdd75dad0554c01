import { buildGraph } from '../../plan/graph.js';
import { mermaid } from '../../plan/mermaid.js';
import { loadSpec } from '../../spec/load.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { chooseBackend } from '../../worker/choose-backend.js';
import { type CommonArgs, inSession } from '../session.js';

interface Args extends CommonArgs {
  spec: string;
  name?: string;
}

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ house, json, out, line }) => {
    const { spec } = await loadSpec(args.spec, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
    const { offer } = await chooseBackend(house, spec, { ...(args.backend && { backend: args.backend as BackendName }), strict: false });
    const graph = buildGraph(await house.synthesize({ spec, offer }));
    if (json) line([...graph.values()].map(({ address, dependencies }) => ({ address, dependencies })));
    else out(mermaid(graph));
    return 0;
  });
}
