import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const unlock = {
  name: 'unlock',
  describe: 'Break the lock of a command that is gone',
  positionals: { worker },
  options: { force: { type: 'boolean', default: false, describe: 'Even if its holder may be alive' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof unlock>;
