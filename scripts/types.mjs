// Writes dist/index.d.ts: the types of the public API in one file. A program's compiler then needs no package of ours, and sees no
// internals.
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = await rollup({
  input: `${root}src/index.ts`,
  plugins: [dts({ tsconfig: `${root}tsconfig.json` })],
  // Node's own modules are the only ones that a public type may name.
  external: /^node:/,
  onwarn(warning) {
    throw new Error(warning.message);
  },
});
await bundle.write({ file: `${root}dist/index.d.ts`, format: 'es' });
