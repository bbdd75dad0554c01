import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const output = {
  name: 'output',
  describe: "Print the worker's outputs: its access",
  positionals: { worker, name: { type: 'string', describe: 'One output alone' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof output>;
