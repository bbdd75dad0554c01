import type { Resources } from '../../spec/worker-spec.js';

/** A run that waits for a node. */
export interface Waiting {
  run: string;
  priority: number;
  createdAt: number;
  asks: Resources;
  /** Nodes that accept its spec. */
  nodes: readonly string[];
}

/** A node and its free resources; `null`: nothing limits them. */
export interface Room {
  node: string;
  free: { cpu: number; memory: number } | null;
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
  const open = new Map(rooms.map(({ node, free }) => [node, free && { ...free }]));
  const placed: Placement[] = [];
  for (const { run, asks, nodes } of [...waiting].sort(byTurn)) {
    if (placed.length >= most || open.size === 0) break;
    const possible = nodes.filter((node) => open.has(node));
    const [best] = possible.filter((node) => fits(asks, open.get(node)!)).sort((a, b) => memoryOf(open.get(b)!) - memoryOf(open.get(a)!));
    if (best === undefined) {
      for (const node of possible) open.delete(node);
      continue;
    }
    take(open.get(best)!, asks);
    placed.push({ run, node: best });
  }
  return placed;
}

/** The order in which runs get nodes. */
export function byTurn(a: Pick<Waiting, 'priority' | 'createdAt' | 'run'>, b: Pick<Waiting, 'priority' | 'createdAt' | 'run'>): number {
  return b.priority - a.priority || a.createdAt - b.createdAt || (a.run < b.run ? -1 : 1);
}

function fits({ cpu, memory }: Resources, free: Room['free']): boolean {
  return free === null || (cpu <= free.cpu && memory <= free.memory);
}

function take(free: Room['free'], { cpu, memory }: Resources): void {
  if (!free) return;
  free.cpu -= cpu;
  free.memory -= memory;
}

function memoryOf(free: Room['free']): number {
  return free?.memory ?? Infinity;
}
