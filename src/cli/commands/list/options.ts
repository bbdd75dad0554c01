import type { ArgsOf, Declaration } from '../../declaration.js';

export const list = { name: 'list', describe: 'List the workers that exist' } as const satisfies Declaration;

export type Args = ArgsOf<typeof list>;
