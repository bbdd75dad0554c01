import type { FleetSettings } from './settings.js';

/** The last starts of a fleet's workers. Times in milliseconds since the epoch. */
export interface Starts {
  /** Failed ones since one succeeded. */
  failures: number;
  /** When the last one failed; `null`: none has. */
  failedAt: number | null;
  /** Why the last one failed. */
  cause: string | null;
}

export const noStarts: Starts = { failures: 0, failedAt: null, cause: null };

/** A worker that ends by itself so soon after it was ready, in milliseconds, has failed to start. */
const shortest = 10_000;

/** A worker that is gone. */
export interface EndedWorker {
  readyAt: number | null;
  endedAt: number;
  /** Whether somebody asked for its end, or its time was up. */
  expected: boolean;
  cause: string;
}

/** Whether the worker has failed to start. */
export function hasFailed({ readyAt, endedAt, expected }: EndedWorker): boolean {
  return !expected && (readyAt === null || endedAt - readyAt < shortest);
}

export function afterEnd(starts: Starts, ended: EndedWorker): Starts {
  if (hasFailed(ended)) return { failures: starts.failures + 1, failedAt: ended.endedAt, cause: ended.cause };
  return ended.readyAt !== null && ended.endedAt - ended.readyAt >= shortest ? noStarts : starts;
}

/** A living worker that was ready after the last failure, and for long enough, ends the row of failures. @param readyAt of each ready worker */
export function withReady(starts: Starts, readyAt: readonly number[], now: number): Starts {
  const { failedAt } = starts;
  return failedAt !== null && readyAt.some((at) => at > failedAt && now - at >= shortest) ? noStarts : starts;
}

/** When the next worker may start; `null`: at any time. */
export function nextStartAt({ failures, failedAt }: Starts, { failures: most, pause, coolDown }: FleetSettings): number | null {
  return failedAt === null ? null : failedAt + (failures >= most ? pause : coolDown);
}
