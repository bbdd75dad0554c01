import type { ArgsOf, Declaration } from '../../declaration.js';
import { copyOption } from '../shared/copy-option.js';
import { endCodes } from '../../../worker/exit-code.js';
import { applier, grace, interactive, name, settings, spec, strict } from '../shared/options.js';

export const run = {
  name: 'run',
  describe: `Run a command in a new worker: apply, wait until ready, run, destroy. Returns the command's exit code (${endCodes})`,
  positionals: { spec },
  options: {
    name,
    strict,
    applier,
    in: { type: 'string', requiresArg: true, default: 'engine', describe: 'Container to run the command in' },
    interactive,
    grace,
    replace: {
      type: 'boolean',
      default: false,
      describe: "End an earlier run of this spec first: the newest wins. The worker's name is --name, or the spec's without a suffix",
    },
    copy: copyOption,
    ...settings,
    artifact: {
      type: 'string',
      array: true,
      nargs: 1,
      requiresArg: true,
      describe: 'Copy CONTAINER:PATH[:DEST] to this directory after the command. Repeatable',
    },
  },
  examples: [
    ['run ci.yaml --in build -- make test', ''],
    ['run ci.yaml --in build --artifact build:junit.xml -- make test', ''],
  ],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof run>;
