import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { recordName } from './whole-daemon.js';

/** A fresh directory, removed after the test; outside of one (a `beforeAll`) the caller removes it. */
export async function tempDir(name = 'test'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `mayfly-${name}-`));
  afterTest(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return directory;
}

/** Runs `clean` when the test that calls is over. @returns false where no test runs, so nothing was noted. */
export function afterTest(clean: () => unknown): boolean {
  try {
    onTestFinished(async () => {
      await clean();
    });
    return true;
  } catch {
    return false;
  }
}

/** A worker's name that no other test has, within the spec's grammar. */
export function uniqueName(prefix = 't'): string {
  const name = `${prefix}-${randomBytes(5).toString('hex')}`;
  recordName(name, expect.getState().testPath ?? '');
  return name;
}
