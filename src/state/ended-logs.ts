import { closeSync, constants, readFileSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { storageError } from './atomic-file.js';
import { below, workerName } from './below.js';
import { historyFor, parseHistoryName } from './history.js';
import { makePrivate, openPrivate } from './private-path.js';
import { Tally } from './tally.js';

/** The log of one container of an ended worker. */
export interface EndedLog {
  /** `engine`, or the container's name in the spec. */
  container: string;
  content: Buffer;
}

/** Largest size of all stored logs, in bytes. Beyond it, those of the workers that ended first are removed, until `keptStored` are left. */
export const mostStored = 256 * 2 ** 20;
const keptStored = 0.9 * mostStored;

const extension = '.log';

/** Name of the folder for the logs of one end: the worker, and the time of its end in milliseconds since the epoch, as in the history. */
export function logsFolder(worker: string, endedAt: number): string {
  return `${workerName(worker)}@${endedAt}`;
}

/** The name of a stored log's container; `null` for any other file. */
export function containerOfLog(file: string): string | null {
  return file.endsWith(extension) ? file.slice(0, -extension.length) : null;
}

/** Logs of ended workers, beside the history and for the same time. A folder for each end has a file for each container. */
export class EndedLogs {
  private readonly path: string;
  private readonly tally: Tally;

  constructor(
    private readonly stateDir: string,
    private readonly clock: Clock,
  ) {
    this.path = join(stateDir, 'logs');
    this.tally = new Tally({ path: join(stateDir, 'logs.tally'), below: stateDir, clock, most: mostStored });
  }

  /** Stores the logs of one end: all or none. Removes old ones from time to time. @throws MayflyError `storage_full`, `state_unreadable` */
  async add(worker: string, endedAt: number, logs: readonly EndedLog[]): Promise<void> {
    const folder = below(this.path, logsFolder(worker, endedAt));
    try {
      makePrivate(folder, this.stateDir);
      for (const { container, content } of logs) {
        await writeFile(below(folder, `${container}${extension}`), content, { flag: 'wx', mode: 0o600 });
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw storageError(folder, error);
    }
    const bytes = logs.reduce((sum, { content }) => sum + content.length, 0);
    await this.tally.add(bytes, () => this.prune());
  }

  /** The logs of one end; `null` where none were stored. */
  async of(worker: string, endedAt: number): Promise<EndedLog[] | null> {
    const folder = below(this.path, logsFolder(worker, endedAt));
    const logs: EndedLog[] = [];
    for (const file of await this.filesIn(folder)) {
      const container = containerOfLog(file);
      if (container !== null) logs.push({ container, content: readBytes(join(folder, file)) });
    }
    return logs.length === 0 ? null : logs;
  }

  /** @returns the bytes that are left */
  private async prune(): Promise<number> {
    const oldest = this.clock.now() - historyFor;
    const folders = await this.folders();
    const sizes = await Promise.all(folders.map(({ folder }) => this.sizeOf(folder)));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const most = total > mostStored ? keptStored : mostStored;
    let [seen, left] = [0, 0];
    for (const [index, { folder, endedAt }] of folders.entries()) {
      const size = sizes[index]!;
      seen += size;
      if (seen > most || endedAt < oldest) await rm(folder, { recursive: true, force: true });
      else left += size;
    }
    return left;
  }

  /** The newest first. */
  private async folders(): Promise<{ folder: string; endedAt: number }[]> {
    const folders = (await this.filesIn(this.path)).flatMap((name) => {
      const parsed = parseHistoryName(`${name}.json`);
      return parsed ? [{ folder: join(this.path, name), endedAt: parsed.endedAt }] : [];
    });
    return folders.sort((a, b) => b.endedAt - a.endedAt);
  }

  private async sizeOf(folder: string): Promise<number> {
    const sizes = (await this.filesIn(folder)).map((file) => stat(join(folder, file)).then(({ size }) => size));
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  private async filesIn(folder: string): Promise<string[]> {
    return readdir(folder).catch(() => []);
  }
}

/** @throws MayflyError `state_unreadable` if the file belongs to another user */
function readBytes(path: string): Buffer {
  const file = openPrivate(path, constants.O_RDONLY);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
