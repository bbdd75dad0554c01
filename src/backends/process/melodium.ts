import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { baseEnvironment } from './environment.js';
import type { Melodium } from './offer.js';

/** Milliseconds in which the program must print its version. */
const versionTimeout = 5000;

/** The version of the `melodium` program that a worker's processes would find; `null` if there is no such program. */
export async function findMelodium(env: NodeJS.ProcessEnv): Promise<Melodium | null> {
  try {
    const { stdout } = await promisify(execFile)('melodium', ['--version'], { env: baseEnvironment(env), timeout: versionTimeout });
    return { version: /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : { version: null };
  }
}
