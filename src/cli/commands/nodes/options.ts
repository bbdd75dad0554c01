import type { ArgsOf, Declaration } from '../../declaration.js';

export const nodes = {
  name: 'nodes',
  describe: 'List the nodes of a server, or open and close one for new runs',
  positionals: {
    action: {
      choices: ['cordon', 'uncordon', 'drain'],
      describe: 'cordon: place no new run on the node; uncordon: place runs again; drain: empty it',
    },
    node: { type: 'string', describe: 'Name of the node' },
  },
  options: {
    by: {
      type: 'string',
      requiresArg: true,
      describe: 'With drain: the time until which runs that end before it may still start, 2h or 2026-01-31T12:00:00Z',
    },
  },
  examples: [
    ['nodes cordon docker', 'its workers stay'],
    ['nodes drain docker --by 2h', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof nodes>;
