/** Whether every kill point is taken and crowds have their full size. Otherwise one call of each class stands for the others. */
export const all = process.env['MAYFLY_KILL_ALL'] === '1';

/** Milliseconds that one kill test may take. */
export const timeout = all ? 900_000 : 150_000;

export interface ClassedCall {
  /** The call without what differs among calls of one class. */
  what: string;
  /** Whether it may change something. */
  changes: boolean;
}

/** The class of each call of one run: what is called, and what exists by then, as the number of changes before it. */
export function classesOf(calls: readonly ClassedCall[]): string[] {
  let before = 0;
  return calls.map(({ what, changes }) => `${what} after ${changes ? before++ : before} changes`);
}

export interface Classed {
  class: string;
  moment: string;
}

/** @returns the first point of each class and moment, and a line for each class of which points are dropped */
export function choose<P extends Classed>(points: readonly P[]): { taken: P[]; dropped: string[] } {
  if (all) return { taken: [...points], dropped: [] };
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const taken = points.filter((point) => {
    const key = `${point.moment} ${point.class}`;
    if (seen.has(key)) counts.set(point.class, (counts.get(point.class) ?? 0) + 1);
    return !seen.has(key) && seen.add(key);
  });
  return { taken, dropped: [...counts].map(([name, count]) => `not taken: ${count} more points of ${name}`) };
}
