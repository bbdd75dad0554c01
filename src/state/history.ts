import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { BackendName } from '../spec/worker-spec.js';
import { readIfThere, reserve, writeAtomic } from './atomic-file.js';
import { below, workerName } from './below.js';
import type { HistoryEntry } from './history-entry.js';
import { Tally } from './tally.js';

export type { HistoryEntry } from './history-entry.js';

/** Milliseconds for which entries are kept. */
export const historyFor = 7 * 24 * 3600 * 1000;

/** Number of newest entries that are kept. It is limited, because clients of a keeper inside a daemon read them over the network. */
export const mostEntries = 1000;

/** Number of entries beyond which the oldest are removed: not at each end. */
const pruneBeyond = 1100;

/** Name of an entry's file: the worker, and the time of its end in milliseconds since the epoch. */
const fileName = /^([a-z][a-z0-9-]{0,30})@(\d{1,15})\.json$/;

/** Parses the name of a history file; `null` for any other file. */
export function parseHistoryName(name: string): { worker: string; endedAt: number } | null {
  const [, worker, endedAt] = fileName.exec(name) ?? [];
  return worker === undefined ? null : { worker, endedAt: Number(endedAt) };
}

export class History {
  private readonly path: string;
  private readonly tally: Tally;

  constructor(
    private readonly stateDir: string,
    private readonly clock: Clock,
  ) {
    this.path = join(stateDir, 'history');
    this.tally = new Tally({ path: join(stateDir, 'history.tally'), below: stateDir, clock, most: pruneBeyond });
  }

  /**
   * Stores the record of an end.
   *
   * @returns the time of the record, later than the entry's if another end of a worker of this name has that millisecond: on another node
   */
  async add(entry: HistoryEntry): Promise<number> {
    let { endedAt } = entry;
    while (!(await reserve(this.file(entry.worker, endedAt), this.stateDir))) endedAt += 1;
    await writeAtomic(this.file(entry.worker, endedAt), `${JSON.stringify({ ...entry, endedAt })}\n`, this.stateDir);
    await this.tally.add(1, () => this.prune());
    return endedAt;
  }

  /** The entries of a worker, the newest first. Damaged entries are skipped. */
  async of(worker: string): Promise<HistoryEntry[]> {
    return this.read((await this.names()).filter((name) => parseHistoryName(name)?.worker === worker));
  }

  /** Backends on which workers ended. */
  async backends(): Promise<ReadonlySet<BackendName>> {
    return new Set((await this.read(await this.names())).map(({ backend }) => backend));
  }

  private file(worker: string, endedAt: number): string {
    return below(this.path, `${workerName(worker)}@${endedAt}.json`);
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

  /** @returns the number of entries that are left */
  private async prune(): Promise<number> {
    const entries = (await this.names()).flatMap((name) => {
      const parsed = parseHistoryName(name);
      return parsed ? [{ name, endedAt: parsed.endedAt }] : [];
    });
    const oldest = this.clock.now() - historyFor;
    const old = entries.sort((a, b) => b.endedAt - a.endedAt).filter(({ endedAt }, index) => index >= mostEntries || endedAt < oldest);
    await Promise.all(old.map(({ name }) => rm(join(this.path, name), { force: true })));
    return entries.length - old.length;
  }

  private async names(): Promise<string[]> {
    return readdir(this.path).catch(() => []);
  }
}
