import type { ArgsOf, Declaration } from '../../declaration.js';
import { applier, name, spec, strict } from '../shared/options.js';

export const plan = {
  name: 'plan',
  describe: 'Show the changes that apply would make',
  positionals: { spec },
  options: {
    name,
    strict,
    applier,
    out: { type: 'string', requiresArg: true, describe: 'Save the plan to a file, for `mayfly apply FILE`' },
    'detailed-exitcode': { type: 'boolean', default: false, describe: 'Exit with 2 when there are changes' },
    markdown: { type: 'boolean', default: false, describe: "Print Markdown, for a pull request's comment" },
  },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof plan>;
