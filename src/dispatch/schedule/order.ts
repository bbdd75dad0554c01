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

/** Runs of one organisation in their turn; `share` is its own now. */
interface Queue<T> {
  organisation: string;
  runs: T[];
  next: number;
  share: number;
}

/**
 * Runs of one priority: those of the organisation with the least share first, then first come. The share of a run's organisation may
 * change when the run is taken.
 *
 * @param runs in their turn
 */
export function* byShare<T extends Turn>(runs: readonly T[], shareOf: (organisation: string) => number): Generator<T> {
  const byOrganisation = new Map<string, Queue<T>>();
  for (const run of runs) {
    const { organisation } = run;
    const queue = byOrganisation.get(organisation);
    if (queue) queue.runs.push(run);
    else byOrganisation.set(organisation, { organisation, runs: [run], next: 0, share: shareOf(organisation) });
  }
  if (byOrganisation.size < 2) return yield* runs;
  const queues = [...byOrganisation.values()].sort(byHead);
  for (let queue = queues.shift(); queue; queue = queues.shift()) {
    yield queue.runs[queue.next]!;
    queue.next += 1;
    if (queue.next === queue.runs.length) continue;
    queue.share = shareOf(queue.organisation);
    queues.splice(placeOf(queue, queues), 0, queue);
  }
}

function byHead<T extends Turn>(one: Queue<T>, other: Queue<T>): number {
  return one.share - other.share || byTurn(one.runs[one.next]!, other.runs[other.next]!);
}

/** Where the queue belongs among sorted ones. */
function placeOf<T extends Turn>(queue: Queue<T>, sorted: readonly Queue<T>[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byHead(sorted[middle]!, queue) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
