import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterTest, tempDir } from '../../support/temp-dir.js';

/** Bundles `child.ts` as the service is bundled: one file, and SQLite as WebAssembly beside it. */
export async function bundleChild(): Promise<{ file: string; remove: () => Promise<void> }> {
  const directory = await tempDir('store-child');
  const file = join(directory, 'child.cjs');
  await build({
    entryPoints: [new URL('./child.ts', import.meta.url).pathname],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    supported: { 'dynamic-import': false },
  });
  const wasm = 'node-sqlite3-wasm.wasm';
  const packaged = dirname(createRequire(import.meta.url).resolve('node-sqlite3-wasm'));
  await copyFile(join(packaged, wasm), join(directory, wasm));
  return { file, remove: () => rm(directory, { recursive: true }) };
}

export interface Child {
  process: ChildProcess;
  /** Complete lines of its output so far. */
  lines: string[];
  /** Resolves when it has printed so many lines. */
  printed(count: number): Promise<void>;
  ended: Promise<void>;
}

/** Starts a child, which is killed after the test at the latest. */
export function startChild(file: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Ended before its directory is removed: the next directory may get the same inode, and this process holds the lock of it.
  afterTest(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  return {
    process: child,
    lines,
    async printed(count) {
      while (lines.length < count) await new Promise((resolve) => output.once('line', resolve));
    },
    ended,
  };
}
