import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../../../support/temp-dir.js';

const cacheDir = join(process.env.MAYFLY_TEST_CACHE ?? join(homedir(), '.cache', 'mayfly-test'), 'docker-clients');
const buildScript = fileURLToPath(new URL('../../../../scripts/test-docker-clients.sh', import.meta.url));

/** Builds those that are missing, where Docker's tests are required (minutes when cold). */
export async function ensureClients(): Promise<void> {
  if (process.env.MAYFLY_REQUIRE_DOCKER !== '1') return;
  await new Promise<void>((resolve, reject) => {
    execFile(buildScript, (error, _, stderr) => (error ? reject(new Error(`Docker's clients were not built:\n${stderr}`)) : resolve()));
  });
}

/** The docker clients of this machine and those that were built, by version. */
export function dockerClients(): Map<string, string> {
  const installed = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'docker'));
  const built = existsSync(cacheDir) ? readdirSync(cacheDir).map((name) => join(cacheDir, name)) : [];
  const there = [...installed, ...built].filter((path) => !path.endsWith('.part') && existsSync(path)).map((path) => realpathSync(path));
  return new Map([...new Set(there)].map((path) => [versionOf(path), path]));
}

function versionOf(path: string): string {
  return /version ([\d.]+)/.exec(execFileSync(path, ['--version']).toString())?.[1] ?? path;
}

export interface ClientResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ClientRun {
  pid: number;
  /** What it has written to its standard output by now. */
  stdout(): string;
  result: Promise<ClientResult>;
}

/** Runs a client against a socket, with a configuration of its own. Killed, and failed, when it takes longer than half a minute. */
export async function startClient(program: string, args: readonly string[], host: string, stdin: string | null = ''): Promise<ClientRun> {
  const env = { PATH: process.env.PATH, HOME: await tempDir('client'), DOCKER_HOST: host };
  const child = spawn(program, args, {
    env,
    stdio: [stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const result = new Promise<ClientResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === null) reject(new Error(`${program} was ended by ${signal}: ${output.stdout}${output.stderr}`));
      else resolve({ code, ...output });
    });
  });
  // The command may end without reading all of its input.
  child.stdin?.on('error', () => {}).end(stdin);
  return { pid: child.pid!, stdout: () => output.stdout, result };
}

export async function runClient(program: string, args: readonly string[], host: string, stdin?: string): Promise<ClientResult> {
  return (await startClient(program, args, host, stdin ?? null)).result;
}

/** The same on a terminal of 33 lines and 77 columns. */
export function runOnTerminal(program: string, args: readonly string[], host: string): Promise<ClientResult> {
  const quoted = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return runClient('script', ['-qec', `stty rows 33 cols 77; exec ${quoted}`, '/dev/null'], host);
}
