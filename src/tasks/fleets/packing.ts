import type { TaskResources } from '../worker.js';
import type { Need, Rooms } from './snapshot.js';

/** A worker that takes tasks: a living one, or one that would be made. */
export interface Bin {
  rooms: Record<string, TaskResources>;
  /** Milliseconds for which it takes tasks. A task that takes longer does not begin on it. */
  lasts: number;
  /** Whether it runs modules of WebAssembly. */
  modules: boolean;
  /** Tasks that were put into it. */
  tasks: number;
}

export function binOf(rooms: Rooms, lasts: number, modules = true): Bin {
  return { rooms: Object.fromEntries(Object.entries(rooms).map(([name, free]) => [name, { ...free }])), lasts, modules, tasks: 0 };
}

/** Puts as many of the tasks as fit into the bins, the first ones first. @returns the number of those that are left */
export function pack({ container, asks, timeout, modules = false, count }: Need, bins: readonly Bin[]): number {
  let left = count;
  for (const bin of bins) {
    if (left === 0) break;
    const room = bin.rooms[container];
    if (!room || timeout > bin.lasts || (modules && !bin.modules)) continue;
    const taken = Math.min(left, Math.max(0, Math.min(timesIn(room.cpu, asks.cpu), timesIn(room.memory, asks.memory))));
    room.cpu -= taken * asks.cpu;
    room.memory -= taken * asks.memory;
    bin.tasks += taken;
    left -= taken;
  }
  return left;
}

/** How many times an amount is in another one. `free`: `null`: not limited. Negative, if more is used than there is. */
export function timesIn(free: number | null, asks: number): number {
  return free === null || asks === 0 ? Infinity : Math.floor(free / asks);
}
