import type { ArgsOf, Declaration } from '../../declaration.js';
import { applier, interactive, name, spec, strict } from '../shared/options.js';

export const run = {
  name: 'run',
  describe: 'Run one command in a worker of its own: apply, wait, run, destroy. Exits with its code, 124 when the time was up',
  positionals: { spec },
  options: {
    name,
    strict,
    applier,
    in: { type: 'string', requiresArg: true, default: 'engine', describe: 'The container to run it in' },
    interactive,
  },
  examples: [['run ci.yaml --in build -- make test', '']],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof run>;
