import { costFor } from './money.js';
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
  /** Millionths of a US dollar. */
  cost: number;
}

export interface UsageQuery extends Period {
  /** A node's time: a worker that lives is counted until then. Milliseconds since the epoch. */
  nowOf(node: string): number;
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
    const until = usage.endedAt ?? query.nowOf(usage.node);
    const ms = Math.min(until, query.to) - Math.max(usage.startedAt, query.from);
    if (ms <= 0) continue;
    const minutes = ms / 60_000;
    const { organisation, asks } = usage;
    const label = (query.label === null ? null : usage.labels[query.label]) ?? null;
    const key = JSON.stringify([organisation, label]);
    const sum = sums.get(key) ?? { organisation, label, workers: 0, cpu: 0, memory: 0, storage: 0, cost: 0 };
    sum.workers += 1;
    sum.cpu += (asks.cpu / 1000) * minutes;
    sum.memory += asks.memory * minutes;
    sum.storage += asks.storage * minutes;
    sum.cost += costOf(usage, ms);
    sums.set(key, sum);
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Cost of a part of an attempt's time, in milliseconds. */
function costOf({ startedAt, endedAt, price, cost }: Usage, ms: number): number {
  return endedAt === null ? Math.min(cost, costFor(ms, price)) : (cost * ms) / (endedAt - startedAt);
}
