import type { Held, WaitingRun } from './snapshot.js';

type Turn = Pick<WaitingRun, 'id' | 'organisation' | 'priority' | 'createdAt'>;
export type HeldRun = WaitingRun & { held: Held };

/** Higher priority first, then the earlier. */
export function byTurn(one: Turn, other: Turn): number {
  return other.priority - one.priority || one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}

/** Runs with promises: higher priority first, then the promise that was made earlier. */
export function byPromise(one: HeldRun, other: HeldRun): number {
  return other.priority - one.priority || one.held.order - other.held.order || byTurn(one, other);
}

/** Groups of runs with the same priority, of runs in their turn. */
export function byPriority<T extends Turn>(runs: readonly T[]): Map<number, T[]> {
  const levels = new Map<number, T[]>();
  for (const run of runs) {
    const level = levels.get(run.priority);
    if (level) level.push(run);
    else levels.set(run.priority, [run]);
  }
  return levels;
}

/**
 * Runs of one priority: those of the organisation with the least share first, then first come. A share may change while they are taken.
 *
 * @param runs in their turn
 */
export function* byShare<T extends Turn>(runs: readonly T[], shareOf: (organisation: string) => number): Generator<T> {
  const queues = new Map<string, { runs: T[]; next: number }>();
  for (const run of runs) {
    const queue = queues.get(run.organisation);
    if (queue) queue.runs.push(run);
    else queues.set(run.organisation, { runs: [run], next: 0 });
  }
  if (queues.size < 2) return yield* runs;
  for (let left = runs.length; left > 0; left -= 1) {
    let best: { queue: { runs: T[]; next: number }; run: T; share: number } | null = null;
    for (const [organisation, queue] of queues) {
      const run = queue.runs[queue.next];
      if (!run) continue;
      const share = shareOf(organisation);
      if (!best || share < best.share || (share === best.share && byTurn(run, best.run) < 0)) best = { queue, run, share };
    }
    best!.queue.next += 1;
    yield best!.run;
  }
}
