import type { ArgsOf, Declaration } from '../../declaration.js';

export const allocation = {
  name: 'allocation',
  describe: "Hold resources of one worker of a server's fleet for tasks: add, list, show, renew and free allocations",
  positionals: {
    action: {
      choices: ['add', 'list', 'show', 'renew', 'free', 'events'],
      demandOption: true,
      describe:
        'add: hold resources; list: those that have not ended; show: one; renew: keep one alive for another interval; free: end one, while its running tasks continue; events: its history',
    },
    target: { type: 'string', describe: 'With add, and optionally with list: the name of a fleet. Else: the id of an allocation' },
  },
  options: {
    cpu: { type: 'number', requiresArg: true, describe: 'With add: the least millicores' },
    memory: { type: 'number', requiresArg: true, describe: 'With add: the least MB' },
    'max-cpu': { type: 'number', requiresArg: true, describe: 'With add: the most millicores (default: the least)' },
    'max-memory': { type: 'number', requiresArg: true, describe: 'With add: the most MB (default: the least)' },
    ttl: { type: 'string', requiresArg: true, describe: 'With add: how long it lasts from its grant on: 1h' },
    in: { type: 'string', requiresArg: true, describe: 'With add: the container with the resources (default: the engine)' },
    label: { type: 'string', array: true, requiresArg: true, describe: 'With add: KEY=VALUE, shown with the worker that has it' },
    interval: {
      type: 'string',
      requiresArg: true,
      describe: 'With add and renew: a wish for the time between renewals. The server grants 10s to 5m (default: 1m)',
    },
    wait: { type: 'boolean', default: false, describe: 'With add: wait until it is granted, and renew it meanwhile' },
    hold: { type: 'boolean', default: false, describe: 'With add: renew it until its end, or until Ctrl-C, which frees it' },
  },
  examples: [
    ['allocation add ci --cpu 500 --memory 512 --max-cpu 2000 --ttl 1h --wait', ''],
    ['task add --allocation 0b5e… -- make test', ''],
    ['allocation renew 0b5e…', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof allocation>;
