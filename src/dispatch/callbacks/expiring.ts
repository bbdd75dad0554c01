import { iso } from '../iso.js';
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';

export interface ExpiringParts {
  runs: Pick<Runs, 'all' | 'change'>;
  /** The time of a node, in milliseconds since the epoch. */
  nowOf(node: string | null): number;
  clock: Clock;
  /** Milliseconds before the end of a lease. */
  before: number;
  /** Milliseconds between two looks at all runs. */
  period: number;
  /** Whether living workers may have runs that the store lacks: nothing else changes runs then. */
  recovering(): boolean;
  log: Log;
}

/** Stores an event `expiring` of each running run whose lease ends soon, once for each end, until the signal. */
export async function announceEnds(
  { runs, nowOf, clock, before, period, recovering, log }: ExpiringParts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const due = recovering() ? [] : [...runs.all()].filter((run) => endsWithin(run, nowOf(run.node), before));
    // A change that another one has outrun is made at the next look, if it is still due.
    await Promise.all(
      due.map((run) => runs.change(run, { warnedOf: run.ends }, { type: 'expiring', data: { ends: iso(run.ends!) } })),
    ).catch((error: unknown) => log.warn({ err: error }, 'ends of runs could not be announced'));
    await clock.sleep(period, signal).catch(() => {});
  }
}

/** Whether the lease of a run ends soon, and no event has announced this end. */
function endsWithin({ state, ends, warnedOf }: Run, now: number, before: number): boolean {
  return state === 'running' && ends !== null && ends !== warnedOf && ends > now && ends - before <= now;
}
