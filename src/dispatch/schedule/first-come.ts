import type { Resources } from '../../spec/worker-spec.js';
import { type Capacity, freeOf } from '../ledger.js';

/** A run that waits for a node. */
export interface Waiting {
  id: string;
  priority: number;
  createdAt: number;
  asks: Resources;
  /** Nodes that accept its spec. */
  nodes: readonly string[];
}

/** A node with room for new workers. */
export interface Room {
  node: string;
  free: Capacity;
  /** How many workers. */
  workers: number;
}

export interface Placement {
  run: string;
  node: string;
}

/**
 * Decides which runs start now: by priority, then the earlier first. A run that fits on none of its nodes keeps them for itself, so that
 * smaller runs behind it do not delay it for ever.
 */
export function placeFirstCome(waiting: readonly Waiting[], rooms: readonly Room[], most: number): Placement[] {
  const open = new Map(rooms.map(({ node, free, workers }) => [node, { free: { ...free }, workers }]));
  const placed: Placement[] = [];
  for (const { id, asks, nodes } of [...waiting].sort(byTurn)) {
    if (placed.length >= most || open.size === 0) break;
    const possible = nodes.flatMap((node) => {
      const room = open.get(node);
      return room ? [{ node, room }] : [];
    });
    const [best] = possible.filter(({ room }) => fits(asks, room)).sort((a, b) => memoryOf(b.room) - memoryOf(a.room));
    if (!best) {
      for (const { node } of possible) open.delete(node);
      continue;
    }
    open.set(best.node, { free: freeOf(best.room.free, asks), workers: best.room.workers - 1 });
    placed.push({ run: id, node: best.node });
  }
  return placed;
}

/** The order in which runs get nodes. */
export function byTurn(a: Pick<Waiting, 'id' | 'priority' | 'createdAt'>, b: Pick<Waiting, 'id' | 'priority' | 'createdAt'>): number {
  return b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}

type Left = Pick<Room, 'free' | 'workers'>;

/** Whether a node has room for a worker. */
export function fits(asks: Resources, { free, workers }: Left): boolean {
  const enough = (kind: keyof Resources) => free[kind] === null || asks[kind] <= free[kind];
  return workers > 0 && enough('cpu') && enough('memory') && enough('storage');
}

function memoryOf({ free }: Left): number {
  return free.memory ?? Infinity;
}
