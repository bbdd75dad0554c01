import type { ArgsOf, Declaration } from '../../declaration.js';
import { name } from '../shared/options.js';

export const validate = {
  name: 'validate',
  describe: 'Check spec files without asking a backend',
  positionals: { specs: { type: 'string', array: true, demandOption: true, describe: 'Spec files; - reads standard input' } },
  options: { name },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof validate>;
