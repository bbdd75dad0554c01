import type { Usage } from './store/store.js';

/** A time, in milliseconds since the epoch: from `from` until before `to`. */
export interface Period {
  from: number;
  to: number;
}

/** Resources of workers, each times the minutes for which the worker had it. */
export interface ResourceMinutes {
  organisation: string;
  /** The value of the label that the sums are by; `null`: runs without it, and sums by no label. */
  label: string | null;
  workers: number;
  /** Cores × minutes. */
  cpu: number;
  /** MB × minutes. */
  memory: number;
  /** MB × minutes. */
  storage: number;
}

export interface UsageQuery extends Period {
  /** The time until which a worker that lives is counted. */
  now: number;
  /** `null`: all. */
  organisation: string | null;
  /** `null`: by organisation only. */
  label: string | null;
}

/** Sums of the workers' resources within a period, in the order of organisations and labels. */
export async function sumUsage(usages: AsyncIterable<Usage>, query: UsageQuery): Promise<ResourceMinutes[]> {
  const sums = new Map<string, ResourceMinutes>();
  for await (const usage of usages) {
    if (query.organisation !== null && usage.organisation !== query.organisation) continue;
    const minutes = minutesWithin(query, usage, query.now);
    if (minutes <= 0) continue;
    const { organisation, asks } = usage;
    const label = (query.label === null ? null : usage.labels[query.label]) ?? null;
    const key = JSON.stringify([organisation, label]);
    const sum = sums.get(key) ?? { organisation, label, workers: 0, cpu: 0, memory: 0, storage: 0 };
    sum.workers += 1;
    sum.cpu += (asks.cpu / 1000) * minutes;
    sum.memory += asks.memory * minutes;
    sum.storage += asks.storage * minutes;
    sums.set(key, sum);
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

function minutesWithin({ from, to }: Period, { startedAt, endedAt }: Pick<Usage, 'startedAt' | 'endedAt'>, now: number): number {
  return (Math.min(endedAt ?? now, to) - Math.max(startedAt, from)) / 60_000;
}
