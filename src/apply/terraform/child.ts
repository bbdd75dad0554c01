import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { linesOf } from '../../lines.js';

export interface ChildOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  /** Aborted: the child gets one SIGINT, and its end is awaited. */
  stop: AbortSignal;
  /** Aborted: the child and all processes that it started are killed. */
  abort: AbortSignal;
  /** Called with each line of standard output. `stdout` is then empty in the result. */
  onLine?(line: string): void;
}

export interface ChildResult {
  /** `null` if a signal ended the child. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Exit code of a shell that does not find the program. */
export const notFound = 127;

/**
 * Runs the program in its own process group, so that a terminal's Ctrl-C reaches only us and is passed on once. A guard process holds a pipe
 * from us. When the pipe closes, because the program has ended or we were killed, the guard kills the whole group: an orphaned terraform or
 * provider would continue to make objects while the next command repairs the state. The umask makes files 0600: a state holds keys.
 */
const guarded = `umask 077
exec 3<&0 </dev/null
(cat <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec "$0" "$@"`;

/** Runs a program to its end. Resolves with any exit code. */
export function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  const { cwd, env, stop, abort, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', guarded, program, ...args], { cwd, env: env as NodeJS.ProcessEnv, detached: true });
    const signal = (group: boolean, name: NodeJS.Signals) => () => {
      // The child has ended, or was never started.
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
    // Output may break off. The exit code still gives the result.
    for (const stream of [child.stdout, child.stderr]) stream.on('error', () => {});
    // The guard may end before we close the pipe.
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('exit', () => child.stdin.end());
    child.once('close', (code, endedBy) => {
      stop.removeEventListener('abort', interrupt);
      abort.removeEventListener('abort', kill);
      const result = () => resolve({ code, signal: endedBy, stdout, stderr });
      read.then(result, result);
    });
  });
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of linesOf(stream)) onLine(line);
}
