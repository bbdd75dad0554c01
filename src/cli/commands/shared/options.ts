import { applierNames } from '../../../plan/plan.js';
import type { Declaration } from '../../declaration.js';

/** Positionals and options that several commands have. */
type Positional = NonNullable<Declaration['positionals']>[string];
type Option = NonNullable<Declaration['options']>[string];

export const spec = {
  type: 'string',
  demandOption: true,
  describe: 'Spec file: YAML (one worker or several) or JSON; - reads standard input',
} as const satisfies Positional;

export const worker = { type: 'string', demandOption: true, describe: 'Name of the worker' } as const satisfies Positional;

export const container = { type: 'string', describe: 'Name of the container (default: the engine)' } as const satisfies Positional;

export const name = { type: 'string', requiresArg: true, describe: "Name of the worker, instead of the spec's" } as const satisfies Option;

export const strict = {
  type: 'boolean',
  default: false,
  describe: 'Refuse limits that the backend cannot enforce',
} as const satisfies Option;

export const applier = {
  type: 'string',
  choices: applierNames,
  requiresArg: true,
  describe: 'Program that plans and applies: mayfly itself (embedded), or the terraform or tofu command',
} as const satisfies Option;

export const autoApprove = { type: 'boolean', default: false, describe: 'Do not ask for approval' } as const satisfies Option;

export const lockTimeout = {
  type: 'number',
  requiresArg: true,
  describe: 'Seconds to wait while another command holds the lock',
} as const satisfies Option;

/** Read by `endingOf`. */
export const grace = {
  type: 'string',
  requiresArg: true,
  default: '10s',
  describe: 'Time between the first signal for the command and KILL, when mayfly is interrupted',
} as const satisfies Option;

/** Settings of a command, read by `settingsOf`. */
export const settings = {
  env: {
    type: 'string',
    array: true,
    nargs: 1,
    requiresArg: true,
    describe: 'Set a variable for the command: NAME=VALUE, or NAME for the value in your own environment. Repeatable',
  },
  'env-file': {
    type: 'string',
    array: true,
    nargs: 1,
    requiresArg: true,
    describe: "File of variables for the command, in docker's format; --env wins. Repeatable",
  },
  workdir: { type: 'string', requiresArg: true, describe: "Directory to run the command in (default: the container's)" },
  user: { type: 'string', requiresArg: true, describe: 'User to run the command as: a name or number, or user:group (docker only)' },
} as const satisfies Record<string, Option>;

export const interactive = {
  alias: 'i',
  type: 'boolean',
  default: false,
  describe: 'Pass standard input to the command',
} as const satisfies Option;
