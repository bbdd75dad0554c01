import type { Resources } from '../../spec/worker-spec.js';
import type { Rate } from '../money.js';
import { type Capacity, freeOf } from '../ledger.js';
import { type Budgets, isAffordable } from './affordable.js';

/** A run that waits for a node. */
export interface Waiting {
  id: string;
  priority: number;
  createdAt: number;
  asks: Resources;
  organisation: string;
  /** Nodes that accept its spec. */
  nodes: readonly Choice[];
}

/** A node that accepts a spec, with the cost of the worker there. */
export interface Choice extends Rate {
  node: string;
}

/** A node with room for new workers. */
export interface Room {
  node: string;
  free: Capacity;
  /** How many workers. */
  workers: number;
}

export interface Placement extends Choice {
  run: string;
}

/**
 * Decides which runs start now: by priority, then the earlier first. A run that fits on none of its nodes keeps them for itself, so that
 * smaller runs behind it do not delay it for ever. A node that costs more than its organisation has left is none of its nodes.
 */
export function placeFirstCome(waiting: readonly Waiting[], rooms: readonly Room[], most: number, budgets: Budgets): Placement[] {
  const open = new Map(rooms.map(({ node, free, workers }) => [node, { free: { ...free }, workers }]));
  const left = new Map(budgets);
  const placed: Placement[] = [];
  for (const { id, organisation, asks, nodes } of [...waiting].sort(byTurn)) {
    if (placed.length >= most || open.size === 0) break;
    const possible = nodes.flatMap((choice) => {
      const room = open.get(choice.node);
      return room && isAffordable(choice, left.get(organisation)) ? [{ ...choice, room }] : [];
    });
    const [best] = possible.filter(({ room }) => fits(asks, room)).sort((a, b) => memoryOf(b.room) - memoryOf(a.room));
    if (!best) {
      for (const { node } of possible) open.delete(node);
      continue;
    }
    const { room, ...choice } = best;
    open.set(choice.node, { free: freeOf(room.free, asks), workers: room.workers - 1 });
    if (left.has(organisation)) left.set(organisation, left.get(organisation)! - choice.most);
    placed.push({ run: id, ...choice });
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
