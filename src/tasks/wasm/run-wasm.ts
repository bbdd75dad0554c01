import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WrongMessage } from './frames.js';
import { readChild, type Sinks } from './read-child.js';
import { encodeRequest, type WasmRequest } from './request.js';
import type { StopReason, WasmEnd, WasmResult } from './result.js';
import { type Sandbox, sandboxArgs } from './sandbox.js';

export interface WasmOptions {
  request: WasmRequest;
  sandbox: Sandbox;
  sinks: Sinks;
  /** Stops the module. */
  signal: AbortSignal;
}

/** Characters of the runner's own messages that are kept. */
const keptErrors = 4096;

/**
 * Runs a module in a child process and waits for its end. Every end of the module is a result.
 * @throws where the child cannot be started, and a sink's error
 */
export async function runWasm({ request, sandbox, sinks, signal }: WasmOptions): Promise<WasmResult> {
  const { limits } = request;
  const child = spawn('/bin/sh', sandboxArgs(sandbox, limits), { cwd: '/', env: {}, stdio: 'pipe' });
  const exited = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (_code, exitSignal) => resolve(exitSignal));
  });
  const killed = new AbortController();
  let end: WasmEnd | null = null;
  const kill = (reason: StopReason, message: string) => {
    end ??= stopped(reason, message);
    child.kill('SIGKILL');
    killed.abort();
  };
  const timer = setTimeout(() => kill('timed_out', `longer than ${limits.timeout} ms`), limits.timeout);
  const stop = () => kill('stopped', 'stopped by its caller');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-keptErrors)));
  // A child that ends early does not read all of its request.
  pipeline(Readable.from(encodeRequest(request)), child.stdin).catch(() => undefined);
  try {
    const report = await readChild(child.stdout, sinks, limits, killed.signal).catch((error: unknown) => {
      if (error instanceof WrongMessage) kill('sandbox_failed', `the runner sent ${error.message}`);
      else if (!killed.signal.aborted) throw error;
      return null;
    });
    const exitSignal = await exited;
    return {
      end: end ?? report?.end ?? endWithoutReport(exitSignal, errors),
      changes: end === null && report ? report.changes : null,
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    child.kill('SIGKILL');
  }
}

/** The end of a child that sent no last message: V8 aborts where its heap is full, and the kernel ends a process that has used its CPU seconds. */
function endWithoutReport(signal: NodeJS.Signals | null, errors: string): WasmEnd {
  if (signal === 'SIGXCPU' || signal === 'SIGKILL') return stopped('timed_out', 'more CPU seconds than its time');
  if (/out of memory|allocation failed/i.test(errors)) return stopped('out_of_memory', 'the memory of the runner is full');
  const [firstLine = ''] = errors.trim().split('\n');
  return stopped('sandbox_failed', `the runner ended without a report (${signal ?? 'no signal'}): ${firstLine}`);
}

function stopped(reason: StopReason, message: string): WasmEnd {
  return { ended: 'stopped', reason, message };
}
