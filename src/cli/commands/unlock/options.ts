import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const unlock = {
  name: 'unlock',
  describe: 'Remove the lock of a command that no longer runs',
  positionals: { worker },
  options: { force: { type: 'boolean', default: false, describe: 'Remove the lock even if its holder may still run' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof unlock>;
