import { join } from 'node:path';
import { Writable } from 'node:stream';
import { buildSync } from 'esbuild';
import { defaultLimits, type WasmLimits } from '../../src/tasks/wasm/limits.js';
import type { WasmRequest } from '../../src/tasks/wasm/request.js';
import type { WasmResult } from '../../src/tasks/wasm/result.js';
import { runWasm } from '../../src/tasks/wasm/run-wasm.js';
import { permissionFlag, type Sandbox } from '../../src/tasks/wasm/sandbox.js';

/** Bundles the runner of the sources below `root` into a file in `directory`. */
export function makeSandbox(root: string, directory: string): Sandbox {
  const runner = join(directory, 'wasm-runner.cjs');
  const entry = join(root, 'src/tasks/wasm/guest/main.ts');
  buildSync({
    entryPoints: [entry],
    outfile: runner,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    logLevel: 'warning',
  });
  return { node: process.execPath, flag: permissionFlag(process.allowedNodeEnvironmentFlags)!, runner };
}

/** Bundles the command that runs a module, beside its runner. @returns its file */
export function makeCommand(root: string, directory: string): string {
  const command = join(directory, 'wasm-task.mjs');
  const entry = join(root, 'src/tasks/wasm/program/main.ts');
  buildSync({
    entryPoints: [entry],
    outfile: command,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
  });
  return command;
}

export interface Ran extends WasmResult {
  stdout: string;
  stderr: string;
}

export interface Given extends Partial<Omit<WasmRequest, 'module' | 'limits'>> {
  limits?: Partial<WasmLimits>;
  signal?: AbortSignal;
}

/** Runs a module with the defaults of the product, 20 s, and the given parts of a request. */
export async function runModule(sandbox: Sandbox, module: Uint8Array, { limits, signal, ...given }: Given = {}): Promise<Ran> {
  const [stdout, stderr] = [new Text(), new Text()];
  const result = await runWasm({
    request: {
      module,
      args: ['module'],
      env: {},
      stdin: new Uint8Array(),
      directory: null,
      limits: { ...defaultLimits, timeout: 20_000, ...limits },
      ...given,
    },
    sandbox,
    sinks: { stdout, stderr },
    signal: signal ?? new AbortController().signal,
  });
  return { ...result, stdout: stdout.text, stderr: stderr.text };
}

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
