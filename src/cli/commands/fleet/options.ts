import type { ArgsOf, Declaration } from '../../declaration.js';

export const fleet = {
  name: 'fleet',
  describe: 'Keep workers of one spec on a server: add, change, show and remove fleets',
  positionals: {
    action: {
      choices: ['list', 'show', 'add', 'set', 'rm', 'access', 'events'],
      demandOption: true,
      describe:
        'list: all fleets; show: one with its workers; add: make one; set: change its sizes; rm: end all of its workers; access: outputs of its ready workers, secret ones too; events: its history',
    },
    fleet: { type: 'string', describe: 'Name of the fleet' },
  },
  options: {
    spec: { type: 'string', requiresArg: true, describe: 'With add: the file of its workers' },
    min: { type: 'number', requiresArg: true, describe: 'The smallest number of workers' },
    max: { type: 'number', requiresArg: true, describe: 'The largest number of workers' },
    idle: { type: 'string', requiresArg: true, describe: 'A worker without work is ended after this time: 5m' },
    aux: { type: 'number', requiresArg: true, describe: 'The most workers that the fleet lends to runs at the same time (default: 0)' },
    on: { type: 'string', array: true, requiresArg: true, describe: 'With add: KEY=VALUE, a label that its nodes have' },
  },
  examples: [
    ['fleet add ci --spec worker.yaml --min 2 --max 8', ''],
    ['fleet set ci --max 16', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof fleet>;
