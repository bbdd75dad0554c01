import type { ArgsOf, Declaration } from '../../declaration.js';

export const schema = { name: 'schema', describe: 'Print the JSON Schema of specs' } as const satisfies Declaration;

export type Args = ArgsOf<typeof schema>;
