// Runs a TypeScript module of this repo: node scripts/run-ts.mjs FILE [ARGUMENTS…]
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles a module (packages stay outside) beside node_modules, where its imports are found, and imports it. */
export async function importTs(file) {
  const temporary = await mkdtemp(join(root, 'node_modules', '.run-'));
  try {
    const outfile = join(temporary, 'module.mjs');
    await build({
      entryPoints: [resolve(root, file)],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile,
      banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file] = process.argv;
  await importTs(file);
}
