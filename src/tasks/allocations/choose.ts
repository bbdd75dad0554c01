import type { TaskResources } from '../worker.js';
import type { Allocation } from './allocation.js';

/** A container of a worker, which may have room for allocations. */
export interface Host {
  worker: string;
  container: string;
  /** The worker takes tasks until then, in milliseconds since the epoch. */
  takesUntil: number;
  /** Resources that no allocation has. */
  most: TaskResources;
  /** Resources that neither an allocation nor a task has. */
  free: TaskResources;
}

export interface Choice {
  allocation: Allocation;
  host: Host;
  resources: TaskResources;
}

/**
 * Chooses hosts for waiting allocations, one after the other: the host that gives the most of what is asked for, then the fullest one. An
 * allocation is given only to a worker that takes tasks until its end. One that no host has room for now holds a host, so that new tasks do
 * not delay it forever.
 *
 * @param waiting in their turn
 */
export function choose(
  waiting: readonly Allocation[],
  hosts: readonly Host[],
  now: number,
): { choices: Choice[]; held: Pick<Host, 'worker' | 'container'>[] } {
  const rooms = hosts.map((host) => ({ host, most: { ...host.most }, free: { ...host.free }, held: false }));
  const choices: Choice[] = [];
  for (const allocation of waiting) {
    const { container, min, max, ttl } = allocation;
    const possible = rooms.filter(
      ({ host, most, held }) => !held && host.container === container && now + ttl <= host.takesUntil && fits(min, most),
    );
    const [best] = possible
      .filter(({ free }) => fits(min, free))
      .map((room) => ({ room, resources: least(max, room.free) }))
      .sort((a, b) => share(b.resources, max) - share(a.resources, max) || share(a.room.free, max) - share(b.room.free, max));
    if (best) {
      take(best.room.most, best.resources);
      take(best.room.free, best.resources);
      choices.push({ allocation, host: best.room.host, resources: best.resources });
    } else if (possible[0]) possible[0].held = true;
  }
  return { choices, held: rooms.filter(({ held }) => held).map(({ host: { worker, container } }) => ({ worker, container })) };
}

function fits(asks: TaskResources, room: TaskResources): boolean {
  return asks.cpu <= room.cpu && asks.memory <= room.memory;
}

function least(a: TaskResources, b: TaskResources): TaskResources {
  return { cpu: Math.min(a.cpu, b.cpu), memory: Math.min(a.memory, b.memory) };
}

/** The sum of both resources, each as a share of the request. */
function share({ cpu, memory }: TaskResources, asked: TaskResources): number {
  return cpu / asked.cpu + memory / asked.memory;
}

function take(room: TaskResources, { cpu, memory }: TaskResources): void {
  room.cpu -= cpu;
  room.memory -= memory;
}
