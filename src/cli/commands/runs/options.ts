import type { ArgsOf, Declaration } from '../../declaration.js';

export const runs = {
  name: 'runs',
  describe: 'List the runs of a server, or show one with its attempts and events',
  positionals: { run: { type: 'string', describe: "A run's id, or its spec's name" } },
  options: {
    state: { type: 'string', requiresArg: true, describe: 'Only runs in these states: queued,running' },
    name: { type: 'string', requiresArg: true, describe: 'Only runs of specs with this name' },
    results: { type: 'string', requiresArg: true, describe: "Copy the run's output and artifacts into this directory" },
    all: { type: 'boolean', default: false, describe: 'All runs, instead of the newest 50' },
  },
  examples: [
    ['runs --server https://mayfly.example.com', ''],
    ['runs ci --results out', 'copies output.log and artifacts/ into out/'],
    ['runs --state failed --all', 'with MAYFLY_SERVER, or server in your settings'],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof runs>;
