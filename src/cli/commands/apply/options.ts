import type { ArgsOf, Declaration } from '../../declaration.js';
import { copyOption } from '../shared/copy-option.js';
import { applier, autoApprove, lockTimeout, name, spec, strict } from '../shared/options.js';

export const apply = {
  name: 'apply',
  describe: 'Create or change the worker, and print how to reach it',
  positionals: { spec },
  options: {
    name,
    strict,
    applier,
    copy: copyOption,
    'auto-approve': autoApprove,
    'lock-timeout': lockTimeout,
    parallelism: { type: 'number', requiresArg: true, describe: 'Resources to work on at the same time (default: 10)' },
    adopt: {
      type: 'boolean',
      default: false,
      describe: 'Change the worker even if a spec of another repository or path created it',
    },
    workers: {
      type: 'string',
      requiresArg: true,
      describe: 'With --server: how many workers do the tasks of the run: MAX, or MIN-MAX',
    },
    aux: { type: 'string', requiresArg: true, describe: 'With --workers: the fleet that lends the further workers' },
  },
  examples: [['--server URL apply ci.yaml --workers 4', '']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof apply>;
