import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const wait = {
  name: 'wait',
  describe: "Wait until a worker is ready, or has ended. Exits with the engine's code, 124 when the time was up",
  positionals: { worker },
  options: {
    for: { choices: ['ready', 'ended'], requiresArg: true, default: 'ended', describe: 'What to wait for' },
    timeout: {
      type: 'string',
      requiresArg: true,
      describe: 'Seconds, or 30m, 2h; an error after that (as long as it takes)',
    },
  },
  examples: [['wait ci --for ready --timeout 5m', '']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof wait>;
