import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { EndReason } from '../events.js';
import type { BackendName } from '../spec/worker-spec.js';
import { readIfThere, writeAtomic } from './atomic-file.js';
import type { ContainerReport } from './container-report.js';

/** How long it is kept, in milliseconds. */
const keptFor = 7 * 24 * 3600 * 1000;

/** Why and how a worker ended. */
export interface HistoryEntry {
  worker: string;
  backend: BackendName;
  endpoint: string;
  reason: EndReason;
  /** What exactly, where the reason alone doesn't say it. */
  detail?: string;
  /** Milliseconds since the epoch. */
  endedAt: number;
  containers: ContainerReport[];
}

export class History {
  constructor(
    private readonly path: string,
    private readonly clock: Clock,
  ) {}

  async add(entry: HistoryEntry): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await writeAtomic(join(this.path, `${entry.worker}@${entry.endedAt}.json`), `${JSON.stringify(entry)}\n`);
    await this.prune();
  }

  /** Newest first. */
  async of(worker: string): Promise<HistoryEntry[]> {
    const names = (await this.names()).filter((name) => name.startsWith(`${worker}@`));
    const texts = await Promise.all(names.map((name) => readIfThere(join(this.path, name))));
    return texts
      .flatMap((text) => (text ? [JSON.parse(text) as HistoryEntry] : []))
      .filter(({ endedAt }) => endedAt > this.clock.now() - keptFor)
      .sort((a, b) => b.endedAt - a.endedAt);
  }

  private async prune(): Promise<void> {
    const old = (await this.names()).filter((name) => Number(/@(\d+)\.json$/.exec(name)?.[1] ?? Infinity) < this.clock.now() - keptFor);
    await Promise.all(old.map((name) => rm(join(this.path, name), { force: true })));
  }

  private async names(): Promise<string[]> {
    return readdir(this.path).catch(() => []);
  }
}
