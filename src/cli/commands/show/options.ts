import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const show = {
  name: 'show',
  describe: 'Show a worker, what ends it, and how earlier lives ended',
  positionals: { worker },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof show>;
