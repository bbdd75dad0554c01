import type { Limit } from '../../errors.js';

/** The most workers of a node, learned from its refusals. */
export interface Ceiling {
  workers: number;
  /** The node's own words. */
  reason: string;
  /** When the ceiling is forgotten. Milliseconds since the epoch. */
  until: number;
  /** Refusals in a row. */
  refusals: number;
}

/** Milliseconds after the first refusal; each further one doubles them. */
const pauses: Record<Limit, number> = { quota: 60_000, rate: 10_000 };
const longestPause = 900_000;

/**
 * Lowers the ceiling to the workers that the node has now. A refusal soon after the last ceiling was forgotten counts as a further one.
 *
 * @param workers without the refused one
 */
export function lowered(
  before: Ceiling | null,
  { limit, workers, reason, now }: { limit: Limit; workers: number; reason: string; now: number },
): Ceiling {
  // Workers that were begun together are refused together.
  if (before && now < before.until) return { ...before, workers: Math.min(before.workers, workers), reason };
  const soon = before !== null && now < before.until + longestPause;
  const refusals = soon ? before.refusals + 1 : 1;
  return { workers, reason, refusals, until: now + Math.min(pauses[limit] * 2 ** (refusals - 1), longestPause) };
}

/** The ceiling while it counts. */
export function ceilingAt(ceiling: Ceiling | null, now: number): Ceiling | null {
  return ceiling && now < ceiling.until ? ceiling : null;
}
