import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerDirectory } from '../../state/worker-directory.js';

/** A private directory for one piece of work: a worker's own is not written to. Gone afterwards, even when the process is told to exit. */
export async function inScratch<T>(work: (scratch: WorkerDirectory) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'mayfly-plan-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(new WorkerDirectory(path));
  } finally {
    process.off('exit', remove);
    remove();
  }
}
