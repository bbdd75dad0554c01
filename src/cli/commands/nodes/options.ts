import type { ArgsOf, Declaration } from '../../declaration.js';

export const nodes = {
  name: 'nodes',
  describe: 'List the nodes of a server, or open and close one for new runs',
  positionals: {
    action: {
      choices: ['cordon', 'uncordon', 'drain'],
      describe: 'cordon: place no new run on the node; uncordon: place runs again; drain: as cordon, until it is empty',
    },
    node: { type: 'string', describe: 'Name of the node' },
  },
  examples: [['nodes cordon docker', 'its workers stay']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof nodes>;
