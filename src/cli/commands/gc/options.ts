import type { ArgsOf, Declaration } from '../../declaration.js';
import { lockTimeout } from '../shared/options.js';

export const gc = {
  name: 'gc',
  describe: 'End all workers that are due, and remove caches that are due; needs no local state',
  options: {
    'lock-timeout': lockTimeout,
    'dry-run': { type: 'boolean', default: false, describe: 'Only show the workers that would be ended' },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof gc>;
