import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const show = {
  name: 'show',
  describe: 'Show a worker, the mechanisms that end it, and the ends of earlier workers of its name',
  positionals: { worker },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof show>;
