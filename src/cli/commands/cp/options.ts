import type { ArgsOf, Declaration } from '../../declaration.js';

export const cp = {
  name: 'cp',
  describe: 'Copy files into a container or out of one',
  positionals: {
    source: { type: 'string', demandOption: true, describe: 'A path, WORKER:PATH (of the engine) or WORKER:CONTAINER:PATH' },
    destination: { type: 'string', demandOption: true, describe: 'The same; one of both is in a worker. - for a tar stream' },
  },
  examples: [
    ['cp ci:build:/work/report .', ''],
    ['cp src/. ci:build:/work/src', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof cp>;
