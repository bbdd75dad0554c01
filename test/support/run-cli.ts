import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterTest, tempDir } from './temp-dir.js';

/** The bundle that users run; `npm test` builds it first. */
export const cliPath = fileURLToPath(new URL('../../dist/mayfly.cjs', import.meta.url));

export interface CliOptions {
  /** A machine as the CLI sees it: HOME, state and process directories. Default: a fresh one. */
  machine?: Machine;
  /** On top of the machine's; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Given on stdin, which is closed then; without it stdin is closed at once. */
  input?: string;
  /** Another bundle than the one that was built last. */
  bundle?: string;
  /** Killed when it takes longer. Default 60 s. */
  timeoutMs?: number;
}

export interface CliResult {
  /** `null` when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

export interface Machine {
  home: string;
  stateDir: string;
  processDir: string;
  env: Record<string, string>;
}

/** Another machine's worth of local files; a second one knows nothing of the first. */
export async function machine(): Promise<Machine> {
  const root = await tempDir('machine');
  const [home, stateDir, processDir] = [join(root, 'home'), join(root, 'state'), join(root, 'processes')];
  for (const directory of [home, stateDir, processDir]) mkdirSync(directory, { mode: 0o700 });
  // `NO_COLOR` is left to the tests that want it: without a terminal there is no colour anyway.
  // One cache for all: the bundle is compiled once, not for every machine.
  const cache = join(process.env.MAYFLY_TEST_CACHE ?? join(homedir(), '.cache', 'mayfly-test'), 'home-cache');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_CACHE_HOME: cache,
    MAYFLY_STATE_DIR: stateDir,
    MAYFLY_PROCESS_DIR: processDir,
    LANG: 'C.UTF-8',
  };
  return { home, stateDir, processDir, env };
}

export interface RunningCli {
  child: ChildProcess;
  pid: number;
  /** What came so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and both streams are closed. Never rejects. */
  done: Promise<CliResult>;
}

/** Starts the CLI and returns at once, for tests that talk to it or kill it. It doesn't outlive the test. */
export async function spawnCli(args: readonly string[], options: CliOptions = {}): Promise<RunningCli> {
  const { env: machineEnv } = options.machine ?? (await machine());
  // Only what the machine has and the test gives: nothing of the developer's own settings. Docker is where theirs is.
  const env = { ...machineEnv, ...(process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {}), ...options.env };
  const child = spawn(process.execPath, [options.bundle ?? cliPath, ...args], {
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    cwd: options.cwd ?? machineEnv.HOME,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      out[stream] += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  const done = new Promise<CliResult>((resolve) => {
    // Spawning itself failed: no `close` follows.
    child.once('error', (error) => resolve({ code: null, signal: null, ...out, stderr: String(error), timedOut }));
    child.once('close', (code, signal) => resolve({ code, signal, ...out, timedOut }));
  }).finally(() => clearTimeout(timer));
  // It may end without reading.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.end(options.input);
  afterTest(async () => {
    child.kill('SIGKILL');
    await done;
  });
  return { child, pid: child.pid ?? -1, stdout: () => out.stdout, stderr: () => out.stderr, done };
}

/** Runs the CLI to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const running = await spawnCli(args, { ...options, input: options.input ?? '' });
  return running.done;
}

/** The same, where anything but exit code 0 is the test's failure; the message shows both streams. @returns stdout */
export async function mustRunCli(args: readonly string[], options: CliOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr, timedOut } = await runCli(args, options);
  if (code === 0) return stdout;
  throw new Error(`mayfly ${args.join(' ')}: ${timedOut ? 'took too long' : (signal ?? `exit code ${code}`)}\n${stdout}${stderr}`);
}
