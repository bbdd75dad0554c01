import type { Amounts, Need, Rooms } from './snapshot.js';

/** A worker that takes tasks: a living one, or one that would be made. */
export interface Bin {
  rooms: Record<string, Amounts>;
  /** Milliseconds for which it takes tasks. A task that takes longer does not begin on it. */
  lasts: number;
  /** Tasks that were put into it. */
  tasks: number;
}

export function binOf(rooms: Rooms, lasts: number): Bin {
  return { rooms: Object.fromEntries(Object.entries(rooms).map(([name, free]) => [name, { ...free }])), lasts, tasks: 0 };
}

/** Puts as many of the tasks as fit into the bins, the first ones first. @returns the number of those that are left */
export function pack({ container, asks, timeout, count }: Need, bins: readonly Bin[]): number {
  let left = count;
  for (const bin of bins) {
    if (left === 0) break;
    const room = bin.rooms[container];
    if (!room || timeout > bin.lasts) continue;
    const taken = Math.min(left, timesIn(room, asks));
    room.cpu -= taken * asks.cpu;
    room.memory -= taken * asks.memory;
    bin.tasks += taken;
    left -= taken;
  }
  return left;
}

function timesIn(room: Amounts, asks: Amounts): number {
  const times = (['cpu', 'memory'] as const).map((kind) => (asks[kind] === 0 ? Infinity : Math.floor(room[kind] / asks[kind])));
  return Math.max(0, Math.min(...times));
}
