import { MayflyError } from '../../../errors.js';
import { nodesTable } from '../../../views/nodes-view.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, json, line, out }) => {
    const { action, node } = args;
    if (action !== undefined && node === undefined) {
      throw new MayflyError('usage', { cause: 'the name of the node is missing', remedy: `run mayfly nodes ${action} NODE` });
    }
    const nodes = action === undefined ? await client.nodes() : [await client.setCordon(node!, action)];
    if (json) line(action === undefined ? { nodes } : nodes[0]);
    else out(nodesTable(nodes));
    return 0;
  });
}
