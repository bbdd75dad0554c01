import type { ArgsOf, Declaration } from '../../declaration.js';
import { endCodes } from '../../../worker/exit-code.js';
import { container, grace, interactive, settings, worker } from '../shared/options.js';

export const exec = {
  name: 'exec',
  describe: `Run a command in a container of a worker (default: the engine). Returns the command's exit code (${endCodes})`,
  positionals: { worker, container },
  options: {
    interactive,
    grace,
    ...settings,
    tty: { alias: 't', type: 'boolean', default: false, describe: 'Give the command a terminal (docker only)' },
    fresh: {
      type: 'boolean',
      default: false,
      describe: 'Of a retained worker, whose containers are stopped: use a new container with the same image and volumes (docker only)',
    },
  },
  examples: [
    ['exec ci build -- make test', ''],
    ['exec -it ci build -- sh', ''],
    ['exec -it ci build --fresh -- sh', ''],
  ],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof exec>;
