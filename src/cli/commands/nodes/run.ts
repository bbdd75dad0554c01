import { MayflyError } from '../../../errors.js';
import { emptySentence, nodesTable } from '../../../views/nodes-view.js';
import { toFuture } from '../../times.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, call, json, line, out, note }) => {
    const { action, node } = args;
    if (action !== undefined && node === undefined) {
      throw new MayflyError('usage', { cause: 'the name of the node is missing', remedy: `run mayfly nodes ${action} NODE` });
    }
    const by = args.by === undefined ? undefined : timeOfDrain(args.by, action, call.clock.now());
    const nodes = action === undefined ? await client.nodes() : [await client.setCordon(node!, action, by)];
    if (json) line(action === undefined ? { nodes } : nodes[0]);
    else out(nodesTable(nodes, call.clock.now()));
    const [drained] = nodes;
    if (action === 'drain' && drained && !json) note(emptySentence(drained, call.clock.now()));
    return 0;
  });
}

/** @throws MayflyError `usage` for another action, or a time that has passed */
function timeOfDrain(text: string, action: string | undefined, now: number): string {
  if (action === 'drain') return new Date(toFuture(text, now, '--by', 'nodes drain docker --by 2h')).toISOString();
  throw new MayflyError('usage', { place: { path: '--by' }, cause: 'is for drain only', remedy: 'run mayfly nodes drain NODE --by 2h' });
}
