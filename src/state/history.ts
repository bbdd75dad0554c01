import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { BackendName } from '../spec/worker-spec.js';
import { readIfThere, writeAtomic } from './atomic-file.js';
import { below, workerName } from './below.js';
import type { HistoryEntry } from './history-entry.js';

export type { HistoryEntry } from './history-entry.js';

/** How long it is kept, in milliseconds. */
export const historyFor = 7 * 24 * 3600 * 1000;

/** How many entries are kept, the newest; clients of a keeper inside a daemon read them over the network. */
export const mostEntries = 1000;

/** The worker and the time in the name of an entry's file. */
const fileName = /^([a-z][a-z0-9-]{0,30})@(\d{1,15})\.json$/;

/** The worker and the time of its end that a file of the history is about; `null` for any other file. */
export function parseHistoryName(name: string): { worker: string; endedAt: number } | null {
  const [, worker, endedAt] = fileName.exec(name) ?? [];
  return worker === undefined ? null : { worker, endedAt: Number(endedAt) };
}

export class History {
  private readonly path: string;

  constructor(
    private readonly stateDir: string,
    private readonly clock: Clock,
  ) {
    this.path = join(stateDir, 'history');
  }

  async add(entry: HistoryEntry): Promise<void> {
    await writeAtomic(below(this.path, `${workerName(entry.worker)}@${entry.endedAt}.json`), `${JSON.stringify(entry)}\n`, this.stateDir);
    await this.prune();
  }

  /** Newest first. An entry that is cut short is left out. */
  async of(worker: string): Promise<HistoryEntry[]> {
    return this.read((await this.names()).filter((name) => parseHistoryName(name)?.worker === worker));
  }

  /** Backends on which workers ended. */
  async backends(): Promise<ReadonlySet<BackendName>> {
    return new Set((await this.read(await this.names())).map(({ backend }) => backend));
  }

  private async read(names: readonly string[]): Promise<HistoryEntry[]> {
    if (names.length === 0) return [];
    const { parseHistoryEntry } = await import('./history-entry.js');
    const texts = await Promise.all(names.map((name) => readIfThere(join(this.path, name))));
    return texts
      .flatMap((text) => (text === null ? [] : (parseHistoryEntry(text) ?? [])))
      .filter(({ endedAt }) => endedAt > this.clock.now() - historyFor)
      .sort((a, b) => b.endedAt - a.endedAt);
  }

  private async prune(): Promise<void> {
    const entries = (await this.names()).flatMap((name) => {
      const parsed = parseHistoryName(name);
      return parsed ? [{ name, endedAt: parsed.endedAt }] : [];
    });
    const oldest = this.clock.now() - historyFor;
    const old = entries.sort((a, b) => b.endedAt - a.endedAt).filter(({ endedAt }, index) => index >= mostEntries || endedAt < oldest);
    await Promise.all(old.map(({ name }) => rm(join(this.path, name), { force: true })));
  }

  private async names(): Promise<string[]> {
    return readdir(this.path).catch(() => []);
  }
}
