import yargs from 'yargs';
import type { Args } from './options.js';

/** Prints the completion script. The parser chooses the shell by these variables. */
export async function run({ shell }: Args): Promise<void> {
  if (shell) Object.assign(process.env, { SHELL: shell, ZSH_NAME: shell === 'zsh' ? 'zsh' : '' });
  yargs([]).scriptName('mayfly').showCompletionScript();
}
