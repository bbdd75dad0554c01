import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { baseEnvironment } from './environment.js';
import type { Melodium } from './offer.js';

/** Milliseconds it has to say its version. */
const patience = 5000;

/** Asks the `melodium` that a worker's processes would find which version it is; `null` when there is none. */
export async function findMelodium(env: NodeJS.ProcessEnv): Promise<Melodium | null> {
  try {
    const { stdout } = await promisify(execFile)('melodium', ['--version'], { env: baseEnvironment(env), timeout: patience });
    return { version: /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : { version: null };
  }
}
