import type { ArgsOf, Declaration } from '../../declaration.js';
import { lockTimeout, worker } from '../shared/options.js';

export const extend = {
  name: 'extend',
  describe: "Move a worker's end by a duration",
  positionals: {
    worker,
    duration: { type: 'string', demandOption: true, describe: 'Seconds, or 30m, 2h, 1d; -10m moves the end earlier' },
  },
  options: { 'lock-timeout': lockTimeout },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof extend>;
