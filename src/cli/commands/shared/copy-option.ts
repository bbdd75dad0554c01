import type { Declaration } from '../../declaration.js';

type Option = NonNullable<Declaration['options']>[string];

/** Read by `withCopies`. */
export const copyOption = {
  type: 'string',
  array: true,
  requiresArg: true,
  nargs: 1,
  describe: 'Copy local files into a new container before it is used, as FROM:CONTAINER:TO; may be given several times',
} as const satisfies Option;
