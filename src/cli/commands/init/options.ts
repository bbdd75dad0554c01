import type { ArgsOf, Declaration } from '../../declaration.js';

export const init = {
  name: 'init',
  describe: 'Write a first spec; the worker gets the name of the folder',
  positionals: { file: { type: 'string', default: 'mayfly.yaml', describe: 'The file to write' } },
} as const satisfies Declaration;

export type Args = ArgsOf<typeof init>;
