// A module as a command in a worker: `node wasm-task.mjs JOB`. Reads its input from stdin, writes the module's output, and exits with its code.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf } from '../exit-codes.js';
import { openSandbox } from '../open-sandbox.js';
import { runWasm } from '../run-wasm.js';
import { loadTree, storeChanges } from './directory.js';
import { jobSchema } from './job.js';

/** Exit code where the module was not started. */
const notStarted = 126;
/** Exit code where its changes of files were not written. */
const notWritten = 125;

async function main(): Promise<number> {
  const { module: path, digest, args, env, directory, limits } = jobSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const module = await readFile(path);
  if (createHash('sha256').update(module).digest('hex') !== digest) throw new Error(`${path} is not the module with the digest ${digest}`);
  const sandbox = await openSandbox(fileURLToPath(new URL('wasm-runner.cjs', import.meta.url)));
  const root = directory === null ? null : resolve(directory);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const { end, changes } = await runWasm({
    request: {
      module,
      args,
      env: Object.fromEntries(env.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))) as Record<
        string,
        string
      >,
      stdin: await readInput(limits.files),
      directory: root === null ? null : { name: '/', entries: await loadTree(root, limits) },
      limits,
    },
    sandbox,
    sinks: process,
    signal: stop.signal,
  });
  if (root !== null && changes) await storeChanges(root, changes).catch((error: Error) => changesLost(error));
  if (end.ended === 'stopped') process.stderr.write(`mayfly: the module was stopped: ${end.reason}: ${end.message}\n`);
  return exitCodeOf(end);
}

function changesLost(error: Error): never {
  process.stderr.write(`mayfly: not all changes of files could be written: ${error.message}\n`);
  process.exit(notWritten);
}

async function readInput(most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw new Error(`more than ${most} bytes of input`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`mayfly: the module was not run: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = notStarted;
}
