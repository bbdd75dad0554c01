import { spawn } from 'node:child_process';
import type { RegistryContext } from '../../ports/making.js';
import type { Credentials } from './registry-secret.js';

/** Milliseconds that a helper has to answer; one that waits for a person's password does not. */
const deadline = 30_000;

/** The name that a helper gives a token, and its words for "none". */
const tokenName = '<token>';
const notFound = /credentials not found/i;

/** More than any answer. */
const longest = 2 ** 20;

/**
 * Runs `docker-credential-<name> get`, as the docker CLI does.
 * @returns `null` when it has no credentials for the key
 * @throws Error in one sentence, without what the helper wrote when that may hold a secret; the signal's reason when that aborts
 */
export async function askHelper(name: string, key: string, { env, clock, signal }: RegistryContext): Promise<Credentials | null> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of a credential helper`);
  signal?.throwIfAborted();
  const { code, stdout, stderr } = await run(program, key, { env, clock, ...(signal && { signal }) });
  if (code !== 0) {
    if (notFound.test(stdout + stderr)) return null;
    const [line = ''] = `${stderr}\n${stdout}`.split('\n').filter((one) => one.trim() !== '' && !one.includes('{'));
    throw new Error(`${program} failed${line === '' ? ` with exit code ${code}` : `: ${line.trim().slice(0, 200)}`}`);
  }
  const { Username: username, Secret: secret } = parse(stdout, program);
  if (username === '' || secret === '') return null;
  return username === tokenName ? { identitytoken: secret } : { username, password: secret };
}

function parse(stdout: string, program: string): { Username: string; Secret: string } {
  let answer: unknown = null;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // Reported below: the parser's message would quote it.
  }
  const { Username, Secret } = (answer ?? {}) as Record<string, unknown>;
  if (typeof Username === 'string' && typeof Secret === 'string') return { Username, Secret };
  throw new Error(`${program} did not answer with a user name and a secret`);
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** In a process group of its own, so that what it started ends with it. */
async function run(program: string, input: string, { env, clock, signal }: RegistryContext): Promise<Ended> {
  const child = spawn(program, ['get'], { env: env as NodeJS.ProcessEnv, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      if (texts[name].length < longest) texts[name] += chunk;
    });
  }
  // A helper that reads nothing is no error.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const over = new AbortController();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(error.code === 'ENOENT' ? `${program} is not in PATH` : `${program} cannot be run: ${error.message}`)),
    );
    child.once('close', (code) => resolve({ code, ...texts }));
  });
  const late = clock
    .sleep(deadline, AbortSignal.any([over.signal, ...(signal ? [signal] : [])]))
    .then(() => Promise.reject(new Error(`${program} did not answer within ${deadline / 1000} s`)));
  try {
    return await Promise.race([ended, late]);
  } finally {
    over.abort();
    late.catch(() => {});
    ended.catch(() => {});
    end(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function end(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, with all that it started.
  }
}
