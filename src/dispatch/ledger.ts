import type { OwnedObject } from '../backends/ports/owned-object.js';
import { asksOf } from '../lease/birth.js';
import { deadlineOf } from '../lease/deadline.js';
import type { Resources } from '../spec/worker-spec.js';

/** A worker that a run has on the node by the store, whether it was seen or not. */
export interface PlacedWorker {
  worker: string;
  asks: Resources;
  /** Its fence, in seconds since the epoch. */
  until: number | null;
}

/** A worker that the node has or may have. */
export interface CountedWorker {
  worker: string;
  /** `null`: its labels do not say it, and it counts as nothing. */
  asks: Resources | null;
  /** A run of this installation has it. */
  placed: boolean;
  /** When it ends, if nothing extends it. Milliseconds since the epoch, by the node's clock. */
  ends: number | null;
}

export interface Ledger {
  workers: CountedWorker[];
  used: Resources;
}

/**
 * Counts the resources of a node: every worker of the last look, whoever made it, and those that are placed and that the look does not show
 * yet. Nothing is remembered between two counts, so no fault can make them wrong for longer than a look.
 *
 * @param placed runs that hold a share of the node, also those that are ending
 */
export function countNode(look: ReadonlyMap<string, readonly OwnedObject[]>, placed: readonly PlacedWorker[]): Ledger {
  const ours = new Map(placed.map((one) => [one.worker, one.asks]));
  const seen = [...look].map(([worker, objects]): CountedWorker => ({
    ...{ worker, placed: ours.has(worker), ends: deadlineOf(objects).endsAt },
    // A worker that is being made may have no labelled object yet.
    asks: ours.get(worker) ?? asksOf(objects),
  }));
  const unseen = placed.flatMap(({ worker, asks, until }): CountedWorker[] =>
    look.has(worker) ? [] : [{ worker, asks, placed: true, ends: until === null ? null : until * 1000 }],
  );
  const workers = [...seen, ...unseen];
  return { workers, used: sumOf(workers.flatMap(({ asks }) => asks ?? [])) };
}

/** Resources of a node. `null`: not limited. */
export type Capacity = Readonly<Record<keyof Resources, number | null>>;

/** Resources that are left; negative where more is used than there is. */
export function freeOf(capacity: Capacity, used: Resources): Capacity {
  const left = (key: keyof Resources) => (capacity[key] === null ? null : capacity[key] - used[key]);
  return { cpu: left('cpu'), memory: left('memory'), storage: left('storage') };
}

function sumOf(all: readonly Resources[]): Resources {
  const sum = (key: keyof Resources) => all.reduce((total, one) => total + one[key], 0);
  return { cpu: sum('cpu'), memory: sum('memory'), storage: sum('storage') };
}
