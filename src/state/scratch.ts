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

/** Milliseconds after which what nobody here can tell the owner of is nobody's: of another host, or from before this one's start. */
const abandonedAfter = 86_400_000;

/**
 * Private directories for pieces of work on one worker, `<worker>.<process>.<random>` below the state directory. What lies in one (states,
 * keys) goes with the work, even when the process is told to exit; what a killed process left is for `sweep`.
 */
export class Scratch {
  private readonly root: string;

  constructor(
    private readonly stateDir: string,
    /** Without a dot. */
    private readonly worker: string,
    private readonly clock: Clock,
  ) {
    this.root = join(stateDir, 'scratch');
  }

  /** @throws MayflyError `storage_full`, `state_unreadable` where none can be made, and whatever the work throws */
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

  /** Removes what dead processes left of this worker. */
  async sweep(): Promise<void> {
    // Nothing of ours is in another user's directory.
    if (!isOurs(this.root, this.stateDir)) return;
    for (const name of await entriesOf(this.root)) {
      const [worker, process = ''] = name.split('.');
      const path = below(this.root, name);
      // A child of the dead one may be dying still, and writing.
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
