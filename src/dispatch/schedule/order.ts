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

/** Groups of runs with the same priority, the highest first. Each group is in its turn. */
export function byPriority<T extends Turn>(runs: readonly T[]): T[][] {
  const levels = new Map<number, T[]>();
  for (const run of runs) {
    const level = levels.get(run.priority);
    if (level) level.push(run);
    else levels.set(run.priority, [run]);
  }
  const sorted = [...levels.values()].sort((a, b) => b[0]!.priority - a[0]!.priority);
  for (const level of sorted) level.sort(byTurn);
  return sorted;
}

interface Queue<T> {
  organisation: string;
  runs: T[];
  next: number;
}

/**
 * Runs of one priority: those of the organisation with the least share first, then first come. A share may change while they are taken.
 *
 * @param runs in their turn
 */
export function* byShare<T extends Turn>(runs: readonly T[], shareOf: (organisation: string) => number): Generator<T> {
  const byOrganisation = new Map<string, Queue<T>>();
  for (const run of runs) {
    const { organisation } = run;
    const queue = byOrganisation.get(organisation);
    if (queue) queue.runs.push(run);
    else byOrganisation.set(organisation, { organisation, runs: [run], next: 0 });
  }
  const queues = [...byOrganisation.values()];
  if (queues.length < 2) return yield* runs;
  for (let left = runs.length; left > 0; left -= 1) {
    let best: Queue<T> | null = null;
    let least = Infinity;
    for (const queue of queues) {
      const run = queue.runs[queue.next];
      if (!run) continue;
      const share = shareOf(queue.organisation);
      if (best && (share > least || (share === least && byTurn(run, best.runs[best.next]!) > 0))) continue;
      best = queue;
      least = share;
    }
    best!.next += 1;
    yield best!.runs[best!.next - 1]!;
  }
}
