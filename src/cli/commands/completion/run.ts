import yargs from 'yargs';
import type { Args } from './options.js';

/** Prints what a shell reads; the parser tells the shells apart by this variable. */
export async function run({ shell }: Args): Promise<void> {
  if (shell) Object.assign(process.env, { SHELL: shell, ZSH_NAME: shell === 'zsh' ? 'zsh' : '' });
  yargs([]).scriptName('mayfly').showCompletionScript();
}
