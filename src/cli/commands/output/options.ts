import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const output = {
  name: 'output',
  describe: "Print the worker's outputs (its access)",
  positionals: { worker, name: { type: 'string', describe: 'Print this output only' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof output>;
