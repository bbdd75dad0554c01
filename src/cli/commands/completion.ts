import yargs from 'yargs';

/** Prints what a shell reads; the parser tells the shells apart by this variable. */
export async function run({ shell }: { shell?: 'bash' | 'zsh' }): Promise<void> {
  if (shell) Object.assign(process.env, { SHELL: shell, ZSH_NAME: shell === 'zsh' ? 'zsh' : '' });
  yargs([]).scriptName('mayfly').showCompletionScript();
}
