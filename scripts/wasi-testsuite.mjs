// Runs the prebuilt preview 1 modules of WebAssembly/wasi-testsuite in mayfly's runner and writes the table in docs/functions.md.
// Argument: a checkout of its branch prod/testsuite-all.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './lib.mjs';
import { importTs } from './run-ts.mjs';

const [, , checkout] = process.argv;
if (!checkout) {
  console.error('usage: node scripts/wasi-testsuite.mjs CHECKOUT');
  process.exit(1);
}
const { runSuite, withSuiteTable } = await importTs('test/wasm/testsuite.ts');
const { makeSandbox } = await importTs('test/wasm/run.ts');
const directory = await mkdtemp(join(tmpdir(), 'mayfly-wasm-'));
try {
  const outcomes = await runSuite(makeSandbox(root, directory), checkout);
  const page = join(root, 'docs/functions.md');
  await writeFile(page, withSuiteTable(await readFile(page, 'utf8'), outcomes));
  const failures = outcomes.filter(({ failure }) => failure !== null);
  for (const { name, failure } of failures) console.log(`${name}: ${failure}`);
  console.log(`${outcomes.length - failures.length} passed, ${failures.length} failed`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
