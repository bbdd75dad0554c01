import type { ArgsOf, Declaration } from '../../declaration.js';
import { lockTimeout } from '../shared/options.js';

export const gc = {
  name: 'gc',
  describe: 'End every worker that is due, by labels alone',
  options: {
    'lock-timeout': lockTimeout,
    'dry-run': { type: 'boolean', default: false, describe: 'Only say what would be ended' },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof gc>;
