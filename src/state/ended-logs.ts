import { closeSync, constants, readFileSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { storageError } from './atomic-file.js';
import { below, workerName } from './below.js';
import { historyFor, parseHistoryName } from './history.js';
import { makePrivate, openPrivate } from './private-path.js';

/** The log of one container of an ended worker. */
export interface EndedLog {
  /** `engine`, or the container's name in the spec. */
  container: string;
  content: Buffer;
}

/** Largest size of all stored logs, in bytes. Those of the workers that ended first are removed. */
export const mostStored = 256 * 2 ** 20;

/** Bytes and milliseconds after which a process that stores logs looks for old ones again: it reads every folder for that. */
const pruneAfter = { bytes: mostStored / 16, time: 3_600_000 };

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
  /** Since this process has pruned. */
  private stored = Infinity;
  private prunedAt = 0;

  constructor(
    private readonly stateDir: string,
    private readonly clock: Clock,
  ) {
    this.path = join(stateDir, 'logs');
  }

  /** Stores the logs of one end: all or none. Then removes old ones. @throws MayflyError `storage_full`, `state_unreadable` */
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
    this.stored += logs.reduce((sum, { content }) => sum + content.length, 0);
    if (this.stored >= pruneAfter.bytes || this.clock.now() >= this.prunedAt + pruneAfter.time) await this.prune();
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

  private async prune(): Promise<void> {
    this.stored = 0;
    this.prunedAt = this.clock.now();
    const oldest = this.clock.now() - historyFor;
    let left = mostStored;
    for (const { folder, endedAt } of await this.folders()) {
      left -= await this.sizeOf(folder);
      if (left < 0 || endedAt < oldest) await rm(folder, { recursive: true, force: true });
    }
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
