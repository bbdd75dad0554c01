import type { ArgsOf, Declaration } from '../../declaration.js';

export const cache = {
  name: 'cache',
  describe: 'List the caches of all nodes, or remove one',
  positionals: {
    action: { choices: ['list', 'rm'], demandOption: true, describe: 'list: show all caches; rm: remove the named cache' },
    name: { type: 'string', describe: 'Name of the cache to remove' },
  },
  examples: [
    ['cache list', ''],
    ['cache rm pip', 'the next worker starts with an empty cache'],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof cache>;
