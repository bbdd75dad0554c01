import type { ArgsOf, Declaration } from '../../declaration.js';
import { container, worker } from '../shared/options.js';

export const logs = {
  name: 'logs',
  describe: 'Print the log of a container (default: the engine). The logs of an ended worker are stored for 7 days',
  positionals: { worker, container },
  options: {
    follow: { alias: 'f', type: 'boolean', default: false, describe: 'Continue until the container ends' },
    tail: { type: 'number', requiresArg: true, describe: 'Start with this many of the last lines' },
    since: {
      type: 'string',
      requiresArg: true,
      describe: 'Print only lines since a time: 10m (ago), an RFC 3339 time, or seconds since 1970',
    },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof logs>;
