import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { isCode, storageError } from './atomic-file.js';
import { below } from './below.js';
import { identityIn, identityName, mayBeAlive, ownIdentity } from './process-identity.js';
import { isOurs, makePrivate } from './private-path.js';
import { WorkerDirectory } from './worker-directory.js';

/** Age in milliseconds at which a directory is abandoned if its process cannot be checked (another host, or before the last boot). */
const abandonedAfter = 86_400_000;

/**
 * Private temporary directories for work on one worker: `<worker>.<process>.<random>` below the state directory. A directory (it holds states
 * and keys) is removed at the end of the work, also when the process exits. `sweep` removes directories of killed processes.
 */
export class Scratch {
  private readonly root: string;

  constructor(
    private readonly stateDir: string,
    /** The worker's name as a part of the directories' names. It must not contain a dot. */
    private readonly worker: string,
    private readonly clock: Clock,
  ) {
    this.root = join(stateDir, 'scratch');
  }

  /** @throws MayflyError `storage_full` or `state_unreadable` if no directory can be made; errors of the work */
  async within<T>(work: (directory: WorkerDirectory) => Promise<T>): Promise<T> {
    const path = below(this.root, [this.worker, identityName(ownIdentity()), randomUUID()].join('.'));
    const remove = () => rmSync(path, { recursive: true, force: true });
    process.once('exit', remove);
    try {
      this.make(path);
      return await work(new WorkerDirectory(path, this.stateDir));
    } finally {
      process.off('exit', remove);
      remove();
    }
  }

  private make(path: string): void {
    try {
      makePrivate(path, this.stateDir);
    } catch (error) {
      throw storageError(path, error);
    }
  }

  /** Removes this worker's directories that dead processes left. */
  async sweep(): Promise<void> {
    // A directory of another user holds nothing of ours.
    if (!isOurs(this.root, this.stateDir)) return;
    for (const name of await entriesOf(this.root)) {
      const [worker, process = ''] = name.split('.');
      const path = below(this.root, name);
      // maxRetries: a child of the dead process may still write while it ends.
      if (worker === this.worker && (await this.isAbandoned(path, process)))
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  private async isAbandoned(path: string, process: string): Promise<boolean> {
    const owner = identityIn(process);
    if (owner) return !mayBeAlive(owner);
    try {
      return this.clock.now() - (await stat(path)).mtimeMs > abandonedAfter;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw storageError(path, error);
    }
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw storageError(directory, error);
  }
}
