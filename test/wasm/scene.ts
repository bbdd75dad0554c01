import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import wabt from 'wabt';
import type { Sandbox } from '../../src/tasks/wasm/sandbox.js';
import { type Given, makeSandbox, type Ran, runModule } from './run.js';

/** Made for the tests of a file. */
let sandbox: Sandbox;

/** Makes the runner before the tests of the file that calls, and removes it after them. */
export function withSandbox(): void {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mayfly-wasm-'));
    sandbox = makeSandbox(join(import.meta.dirname, '../..'), directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
}

/** A module from a file of this folder. */
export async function compile(name: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(name, readFileSync(join(import.meta.dirname, name), 'utf8'), { exceptions: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** Runs a module. */
export const run = (module: Uint8Array, given: Given = {}): Promise<Ran> => runModule(sandbox, module, given);

export const sandboxOfTests = (): Sandbox => sandbox;
