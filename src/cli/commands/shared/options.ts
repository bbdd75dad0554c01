import { applierNames } from '../../../plan/plan.js';
import type { Declaration } from '../../declaration.js';

/** Positionals and options that several commands have. */
type Positional = NonNullable<Declaration['positionals']>[string];
type Option = NonNullable<Declaration['options']>[string];

export const spec = {
  type: 'string',
  demandOption: true,
  describe: 'Spec file, YAML (of one worker or several) or JSON; - for standard input',
} as const satisfies Positional;

export const worker = { type: 'string', demandOption: true, describe: "The worker's name" } as const satisfies Positional;

export const container = { type: 'string', describe: "The container's name; the engine's by default" } as const satisfies Positional;

export const name = { type: 'string', requiresArg: true, describe: "The worker's name; wins over the spec's" } as const satisfies Option;

export const strict = {
  type: 'boolean',
  default: false,
  describe: 'Refuse limits that the backend cannot enforce',
} as const satisfies Option;

export const applier = {
  type: 'string',
  choices: applierNames,
  requiresArg: true,
  describe: 'What plans and applies: mayfly itself (embedded), or the terraform or tofu command',
} as const satisfies Option;

export const autoApprove = { type: 'boolean', default: false, describe: 'Do not ask' } as const satisfies Option;

export const lockTimeout = {
  type: 'number',
  requiresArg: true,
  describe: "Seconds to wait for another command's lock",
} as const satisfies Option;

export const interactive = { alias: 'i', type: 'boolean', default: false, describe: 'Pass on standard input' } as const satisfies Option;
