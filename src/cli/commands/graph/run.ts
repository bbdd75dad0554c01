import { buildGraph } from '../../../plan/graph.js';
import { mermaid } from '../../../plan/mermaid.js';
import { chooseBackend } from '../../../worker/choose-backend.js';
import { inSession } from '../../session.js';
import { eachWorker, specsOf } from '../shared/each-spec.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const all = (await specsOf(args.spec, args)).map(({ spec }) => ({ name: spec.name, item: spec }));
    return eachWorker(session, all, async ({ call, json, out }, spec) => {
      const { offer } = await chooseBackend(call, spec, { ...(args.backend && { backend: args.backend }), strict: false });
      const graph = buildGraph(await call.synthesize({ spec, offer }));
      const resources = [...graph.values()].map(({ address, dependencies }) => ({ address, dependencies }));
      return () => {
        const several = all.length > 1;
        if (json) session.line(several ? { worker: spec.name, resources } : resources);
        else out(several ? `%% ${spec.name}\n${mermaid(graph)}` : mermaid(graph));
        return 0;
      };
    });
  });
}
