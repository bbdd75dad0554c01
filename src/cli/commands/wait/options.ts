import type { ArgsOf, Declaration } from '../../declaration.js';
import { endCodes } from '../../../worker/exit-code.js';
import { worker } from '../shared/options.js';

export const wait = {
  name: 'wait',
  describe: `Wait until a worker is ready or has ended. Returns the engine's exit code (${endCodes})`,
  positionals: { worker },
  options: {
    for: { choices: ['ready', 'ended'], requiresArg: true, default: 'ended', describe: 'State to wait for' },
    timeout: {
      type: 'string',
      requiresArg: true,
      describe: 'Fail after this time: seconds, or 30m, 2h (default: no limit)',
    },
  },
  examples: [['wait ci --for ready --timeout 5m', '']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof wait>;
