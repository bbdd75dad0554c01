import type { ArgsOf, Declaration } from '../../declaration.js';
import { worker } from '../shared/options.js';

export const output = {
  name: 'output',
  describe: "Print the worker's outputs: its access and its ports",
  positionals: { worker, name: { type: 'string', describe: 'Print this output only, or one part of it: ports.db' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof output>;
