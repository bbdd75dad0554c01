// Runs the prebuilt preview 1 modules of WebAssembly/wasi-testsuite in mayfly's runner and writes the table in docs/functions.md.
// Argument: a checkout of its branch prod/testsuite-all.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './lib.mjs';
import { importTs } from './run-ts.mjs';

const [, , checkout] = process.argv;
if (!checkout) {
  console.error('usage: node scripts/wasi-testsuite.mjs CHECKOUT');
  process.exit(1);
}
const { runSuite } = await importTs('test/wasm/testsuite.ts');
const { makeSandbox } = await importTs('test/wasm/run.ts');
const directory = await mkdtemp(join(tmpdir(), 'mayfly-wasm-'));
try {
  const outcomes = await runSuite(makeSandbox(root, directory), checkout);
  for (const { name, failure } of outcomes)
    console.log(`${failure === null ? 'passed' : 'FAILED'} ${name}${failure === null ? '' : `: ${failure}`}`);
  const passed = outcomes.filter(({ failure }) => failure === null).length;
  console.log(`${passed} passed, ${outcomes.length - passed} failed`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
