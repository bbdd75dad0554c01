import type { ArgsOf, Declaration } from '../../declaration.js';
import { name, spec } from '../shared/options.js';

export const graph = {
  name: 'graph',
  describe: 'Print the resource graph as Mermaid',
  positionals: { spec },
  options: { name },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof graph>;
