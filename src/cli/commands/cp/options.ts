import type { ArgsOf, Declaration } from '../../declaration.js';

export const cp = {
  name: 'cp',
  describe: 'Copy files into a container, out of it, or from one to another',
  positionals: {
    source: {
      type: 'string',
      demandOption: true,
      describe: 'A local path, WORKER:PATH (in the engine) or WORKER:CONTAINER:PATH; - reads a tar stream',
    },
    destination: {
      type: 'string',
      demandOption: true,
      describe: 'A path in the same forms as the source; at least one of the two paths is in a worker; - writes a tar stream',
    },
  },
  examples: [
    ['cp ci:build:/work/report .', ''],
    ['cp src/. ci:build:/work/src', ''],
    ['cp ci:build:/work/report other:/work', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof cp>;
