import type { ArgsOf, Declaration } from '../../declaration.js';
import { applier, autoApprove, lockTimeout, name, worker } from '../shared/options.js';

export const destroy = {
  name: 'destroy',
  describe: 'End a worker, given by its name or its spec',
  positionals: { worker: { ...worker, describe: 'Name of the worker, or a spec file' } },
  options: { 'auto-approve': autoApprove, applier, 'lock-timeout': lockTimeout, name },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof destroy>;
