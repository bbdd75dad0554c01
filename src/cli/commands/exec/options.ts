import type { ArgsOf, Declaration } from '../../declaration.js';
import { endCodes } from '../../../worker/exit-code.js';
import { container, grace, interactive, settings, worker } from '../shared/options.js';

export const exec = {
  name: 'exec',
  describe: `Run a command in a container of a worker (default: the engine). Returns the command's exit code (${endCodes})`,
  positionals: { worker, container },
  options: {
    interactive,
    grace: { ...grace, describe: `${grace.describe}, or at --stop` },
    ...settings,
    tty: { alias: 't', type: 'boolean', default: false, describe: 'Give the command a terminal (docker only)' },
    fresh: {
      type: 'boolean',
      default: false,
      describe: 'Of a retained worker, whose containers are stopped: use a new container with the same image and volumes (docker only)',
    },
    detach: {
      type: 'boolean',
      default: false,
      describe: 'Start the command, print its id and return. The command runs without mayfly, and its result ends with the worker',
    },
    timeout: { type: 'string', requiresArg: true, describe: 'With --detach: end the command with its children after this time (30m)' },
    'keep-output': {
      type: 'string',
      requiresArg: true,
      describe: 'With --detach: size of the output that is kept (default: 100MB); the rest is dropped',
    },
    attach: {
      type: 'string',
      requiresArg: true,
      describe: 'ID of a detached command: print its output until its end, and return its exit code',
    },
    output: { type: 'string', requiresArg: true, describe: 'ID of a detached command: print its output so far' },
    stop: {
      type: 'string',
      requiresArg: true,
      describe: 'ID of a detached command: end it with its children, by TERM and after --grace by KILL',
    },
  },
  examples: [
    ['exec ci build -- make test', ''],
    ['exec -it ci build -- sh', ''],
    ['exec -it ci build --fresh -- sh', ''],
    ['exec --detach ci build -- make test', 'prints an ID'],
    ['exec ci --attach ID', ''],
  ],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof exec>;
