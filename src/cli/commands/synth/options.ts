import type { ArgsOf, Declaration } from '../../declaration.js';
import { name, spec, strict } from '../shared/options.js';

export const synth = {
  name: 'synth',
  describe: 'Print the synthesized stack, or write it to a directory',
  positionals: { spec },
  options: { name, strict, out: { type: 'string', requiresArg: true, describe: 'Directory to write to' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof synth>;
