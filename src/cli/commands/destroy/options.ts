import type { ArgsOf, Declaration } from '../../declaration.js';
import { applier, autoApprove, lockTimeout, name, worker } from '../shared/options.js';

export const destroy = {
  name: 'destroy',
  describe: 'End a worker, by its name or its spec',
  positionals: { worker },
  options: { 'auto-approve': autoApprove, applier, 'lock-timeout': lockTimeout, name },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof destroy>;
