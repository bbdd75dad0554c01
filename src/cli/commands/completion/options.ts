import type { ArgsOf, Declaration } from '../../declaration.js';

export const completion = {
  name: 'completion',
  describe: 'Print the script that makes a shell complete commands, options and names of workers',
  positionals: { shell: { choices: ['bash', 'zsh'], describe: 'Shell (default: the current one)' } },
  examples: [['completion bash >>~/.bashrc', '']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof completion>;
