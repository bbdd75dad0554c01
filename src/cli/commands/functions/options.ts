import type { ArgsOf, Declaration } from '../../declaration.js';
import { container, settings } from '../shared/options.js';

export const functions = {
  name: 'functions',
  describe: 'List, add and switch functions of a server: commands or WebAssembly modules for tasks',
  positionals: {
    action: {
      choices: ['list', 'add', 'switch', 'rollback'],
      demandOption: true,
      describe: 'add: add a revision; switch: make a revision the default; rollback: return to the previous default',
    },
    function: { type: 'string', describe: 'Name of the function' },
    revision: { type: 'string', describe: 'Name of the revision' },
  },
  options: {
    wasm: {
      type: 'string',
      requiresArg: true,
      describe: 'With add: file of a module for WASI preview 1; words after -- are its arguments',
    },
    container: { ...container, requiresArg: true },
    timeout: { type: 'string', requiresArg: true, default: '10m', describe: 'With add: time that a task of it may take' },
    memory: {
      type: 'number',
      requiresArg: true,
      describe: 'With add: MB that a task of it uses (default: all of the container; of a module: 128)',
    },
    env: settings.env,
    'env-file': settings['env-file'],
  },
  examples: [
    ['functions add resize v1 --timeout 30s -- convert -resize 100x100 - -', ''],
    ['functions add sum v2 --wasm sum.wasm --memory 64', ''],
    ['functions switch sum v2', 'new tasks use v2'],
    ['functions rollback sum', ''],
  ],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof functions>;
