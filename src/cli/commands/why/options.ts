import type { ArgsOf, Declaration } from '../../declaration.js';

export const why = {
  name: 'why',
  describe: 'Explain why a run of a server waits, and when it starts',
  positionals: { run: { type: 'string', demandOption: true, describe: "A run's id, or its spec's name" } },
  examples: [['why ci --server https://mayfly.example.com', '']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof why>;
