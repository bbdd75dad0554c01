// Writes what is generated from the schema: the JSON Schema beside the bundle, and the reference of spec files in docs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const temporary = await mkdtemp(join(root, 'node_modules', '.generate-'));
try {
  const outfile = join(temporary, 'generate.mjs');
  await build({
    stdin: {
      contents: `export { jsonSchema } from './src/spec/json-schema.ts'; export { specReference } from './src/spec/reference.ts';`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
  });
  const { jsonSchema, specReference } = await import(pathToFileURL(outfile).href);
  await writeFile(join(root, 'dist/spec.schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  await writeFile(join(root, 'docs/spec.md'), specReference());
} finally {
  await rm(temporary, { recursive: true, force: true });
}
