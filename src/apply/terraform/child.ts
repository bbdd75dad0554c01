import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { linesOf } from '../../lines.js';

export interface ChildOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  /** Aborted: one SIGINT, and its end is waited for. */
  stop: AbortSignal;
  /** Aborted: it and all that it started is killed. */
  abort: AbortSignal;
  /** Each line of its standard output as it comes. */
  onLine?(line: string): void;
}

export interface ChildResult {
  /** `null` when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** As a shell says that there is no such program. */
export const notFound = 127;

/**
 * Its own process group, so that a terminal's Ctrl-C reaches us alone and is passed on once. A guard beside it holds a pipe from us: when
 * that closes, because it has ended or because we were killed, all of the group is killed. A terraform or a provider that nobody
 * listens to any more would go on making things while the next command mends. Files it writes are 0600: a state holds keys.
 */
const guarded = `umask 077
exec 3<&0 </dev/null
(cat <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec "$0" "$@"`;

/** Runs a program to its end. Any exit code is an answer. */
export function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  const { cwd, env, stop, abort, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', guarded, program, ...args], { cwd, env: env as NodeJS.ProcessEnv, detached: true });
    const signal = (group: boolean, name: NodeJS.Signals) => () => {
      // Ended already, or never begun.
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(group ? -child.pid : child.pid, name);
    };
    const interrupt = signal(false, 'SIGINT');
    const kill = signal(true, 'SIGKILL');
    if (stop.aborted) interrupt();
    if (abort.aborted) kill();
    stop.addEventListener('abort', interrupt);
    abort.addEventListener('abort', kill);
    let stdout = '';
    let stderr = '';
    const read = onLine ? eachLine(child.stdout, onLine) : Promise.resolve();
    if (!onLine) child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // Output that breaks off: the exit code says how it ended.
    for (const stream of [child.stdout, child.stderr]) stream.on('error', () => {});
    // The guard may be gone before we let go of it.
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('exit', () => child.stdin.end());
    child.once('close', (code, ended) => {
      stop.removeEventListener('abort', interrupt);
      abort.removeEventListener('abort', kill);
      const result = () => resolve({ code, signal: ended, stdout, stderr });
      read.then(result, result);
    });
  });
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of linesOf(stream)) onLine(line);
}
