import type { ArgsOf, Declaration } from '../../declaration.js';
import { applier, autoApprove, lockTimeout, name, spec, strict } from '../shared/options.js';

export const apply = {
  name: 'apply',
  describe: 'Make the worker and print how to reach it',
  positionals: { spec },
  options: {
    name,
    strict,
    applier,
    'auto-approve': autoApprove,
    'lock-timeout': lockTimeout,
    parallelism: { type: 'number', requiresArg: true, describe: 'Resources worked on at once (10)' },
    adopt: {
      type: 'boolean',
      default: false,
      describe: 'Change a worker even if the spec of another repository or path made it',
    },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof apply>;
