import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const show = {
  name: 'show',
  describe: 'Show a worker, the mechanisms that end it, and the ends of earlier workers of its name',
  positionals: { worker },
  options: {
    sizes: { type: 'boolean', default: false, describe: 'Measure the disk that each container and volume uses' },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof show>;
