import type { ArgsOf, Declaration } from '../../declaration.js';
import { container, worker } from '../shared/options.js';

export const logs = {
  name: 'logs',
  describe: "Print a container's log (the engine's by default)",
  positionals: { worker, container },
  options: {
    follow: { alias: 'f', type: 'boolean', default: false, describe: 'Go on until it ends' },
    tail: { type: 'number', requiresArg: true, describe: 'Begin with this many last lines' },
    since: {
      type: 'string',
      requiresArg: true,
      describe: 'Only lines since then: 10m, an RFC 3339 time, or seconds since 1970',
    },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof logs>;
