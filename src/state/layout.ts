import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock.js';
import { isName } from '../spec/names.js';
import { isNodeName } from '../spec/node-name.js';
import type { BackendName } from '../spec/worker-spec.js';
import { below, workerName } from './below.js';
import { History } from './history.js';
import { Scratch } from './scratch.js';
import { WorkerDirectory } from './worker-directory.js';

/** Paths below the state directory. */
export class StateLayout {
  constructor(
    readonly root: string,
    private readonly clock: Clock,
  ) {}

  worker(backend: BackendName, name: string): WorkerDirectory {
    return new WorkerDirectory(below(this.root, 'workers', backend, workerName(name)), this.root);
  }

  /** Temporary directories for work that must not appear in the worker's own directory. */
  scratch(backend: BackendName, name: string): Scratch {
    return new Scratch(this.root, `${backend}-${workerName(name)}`, this.clock);
  }

  /** Removes all files of an ended worker except its history. */
  async forget(backend: BackendName, name: string): Promise<void> {
    await this.worker(backend, name).remove();
    await this.scratch(backend, name).sweep();
  }

  lock(backend: BackendName, name: string): string {
    return below(this.root, 'locks', `${backend}-${workerName(name)}.json`);
  }

  get history(): History {
    return new History(this.root, this.clock);
  }

  /** Workers that have a directory here. */
  async known(): Promise<{ backend: BackendName; name: string }[]> {
    const nodes = (await readdir(join(this.root, 'workers')).catch(() => [])).filter(isNodeName);
    const found = await Promise.all(
      nodes.map(async (backend) => {
        const names = await readdir(join(this.root, 'workers', backend)).catch(() => []);
        return names.filter(isName).map((name) => ({ backend, name }));
      }),
    );
    return found.flat();
  }

  async knows(backend: BackendName, name: string): Promise<boolean> {
    return (await this.known()).some((one) => one.backend === backend && one.name === name);
  }

  get keeperLock(): string {
    return join(this.root, 'keeper.lock');
  }

  get keeperLog(): string {
    return join(this.root, 'keeper.log');
  }

  /** The list of backends that a restarted keeper watches. */
  get keeperWatch(): string {
    return join(this.root, 'keeper-watch.json');
  }

  /** Unreadable lists of backends that were renamed. */
  async damagedWatchLists(): Promise<string[]> {
    const prefix = `${basename(this.keeperWatch)}.unreadable-`;
    const names = await readdir(this.root).catch(() => []);
    return names.filter((name) => name.startsWith(prefix)).map((name) => join(this.root, name));
  }

  get keeperSocket(): string {
    return join(this.root, 'keeper.sock');
  }
}
