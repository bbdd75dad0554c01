import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock.js';
import { isName } from '../spec/names.js';
import { isNodeName, kindOf } from '../spec/node-name.js';
import { below, workerName } from './below.js';
import { EndedLogs } from './ended-logs.js';
import { History } from './history.js';
import { Scratch } from './scratch.js';
import { WorkerDirectory } from './worker-directory.js';

/** Paths below the state directory. A worker is named by its node and its own name. Nodes named as their kind have the paths of earlier versions. */
export class StateLayout {
  readonly endedLogs: EndedLogs;

  constructor(
    readonly root: string,
    private readonly clock: Clock,
  ) {
    this.endedLogs = new EndedLogs(root, clock);
  }

  worker(node: string, name: string): WorkerDirectory {
    return new WorkerDirectory(below(this.root, 'workers', node, workerName(name)), this.root);
  }

  /** Temporary directories for work that must not appear in the worker's own directory. */
  scratch(node: string, name: string): Scratch {
    return new Scratch(this.root, scratchName(node, workerName(name)), this.clock);
  }

  /** Removes all files of an ended worker except its history. */
  async forget(node: string, name: string): Promise<void> {
    await this.worker(node, name).remove();
    await this.scratch(node, name).sweep();
  }

  lock(node: string, name: string): string {
    const worker = workerName(name);
    return isKind(node) ? below(this.root, 'locks', `${node}-${worker}.json`) : below(this.root, 'locks', node, `${worker}.json`);
  }

  /** The claim of the newest `run --replace` on a worker's name, on any node. */
  claim(name: string): string {
    return below(this.root, 'claims', workerName(name));
  }

  get history(): History {
    return new History(this.root, this.clock);
  }

  /** Workers that have a directory here. */
  async known(): Promise<{ backend: string; name: string }[]> {
    const nodes = (await readdir(join(this.root, 'workers')).catch(() => [])).filter(isNodeName);
    const found = await Promise.all(
      nodes.map(async (backend) => {
        const names = await readdir(join(this.root, 'workers', backend)).catch(() => []);
        return names.filter(isName).map((name) => ({ backend, name }));
      }),
    );
    return found.flat();
  }

  async knows(backend: string, name: string): Promise<boolean> {
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

function isKind(node: string): boolean {
  return node === kindOf(node);
}

/** Without a dot, and different for any two workers: no kind and no worker has `@` or `_` in its name. */
function scratchName(node: string, worker: string): string {
  return isKind(node) ? `${node}-${worker}` : `${node.replaceAll('.', '_')}@${worker}`;
}
