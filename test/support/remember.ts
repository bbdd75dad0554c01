import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Lets a state directory know a worker, as after an apply: its keeper ends the worker as its own. */
export async function remember(stateDir: string, backend: string, worker: string): Promise<void> {
  await mkdir(join(stateDir, 'workers', backend, worker), { recursive: true });
}
