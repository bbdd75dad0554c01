import { isModuleTask } from './functions/function.js';
import type { Task } from './task.js';
import type { TaskResources, TaskWorker } from './worker.js';

export interface Assignment {
  task: Task;
  worker: string;
}

interface Situation {
  /** Milliseconds since the epoch. */
  now: number;
  /** Tasks that wait, in the order in which they begin. */
  pending: Iterable<Task>;
  /** Tasks that workers have. */
  outstanding: Iterable<Task>;
  workers: readonly TaskWorker[];
}

/** A container of a worker. */
interface Room {
  worker: TaskWorker;
  container: string;
  /** For all of its tasks together. */
  most: TaskResources;
  free: TaskResources;
  /** A task waits for this room: none behind it begins here. */
  held: boolean;
}

/**
 * Chooses workers for waiting tasks. A task begins only on a worker that takes tasks for longer than the task's timeout. The first task that no
 * room has resources for now holds one of them, so that smaller tasks behind it do not delay it forever. A module begins on a worker whose node
 * runs modules. One of a fleet waits for such a worker; where no worker of a run or an allocation is one, its delivery is refused.
 */
export function assign({ now, pending, outstanding, workers }: Situation): Assignment[] {
  const rooms = roomsOf(workers, outstanding);
  const assignments: Assignment[] = [];
  const forModules = rooms.filter(({ worker }) => worker.modules);
  for (const task of pending) {
    if (rooms.every(({ held }) => held)) break;
    const suited = isModuleTask(task) && ((task.fleet !== null && task.allocation === null) || forModules.length > 0) ? forModules : rooms;
    const possible = suited.filter((room) => !room.held && couldTake(room, task, now));
    const room = possible.find(({ free }) => fits(task, free));
    if (room) {
      use(room.free, task);
      assignments.push({ task, worker: room.worker.name });
    } else if (possible[0]) possible[0].held = true;
  }
  return assignments;
}

function roomsOf(workers: readonly TaskWorker[], outstanding: Iterable<Task>): Room[] {
  const rooms = workers.flatMap((worker) =>
    [...worker.containers].map(([container, most]) => ({ worker, container, most, free: { ...most }, held: false })),
  );
  const byPlace = new Map(rooms.map((room) => [placeOf(room.worker.name, room.container), room]));
  for (const task of outstanding) {
    const room = byPlace.get(placeOf(task.worker, task.container));
    if (room) use(room.free, task);
  }
  return rooms;
}

function placeOf(worker: string | null, container: string): string {
  return `${worker} ${container}`;
}

/** Whether the room could take the task if it were empty. */
function couldTake({ worker, container, most }: Room, task: Task, now: number): boolean {
  return container === task.container && now + task.timeout <= worker.takesUntil && fits(task, most);
}

function fits({ cpu, memory }: TaskResources, free: TaskResources): boolean {
  return cpu <= free.cpu && memory <= free.memory;
}

function use(free: TaskResources, { cpu, memory }: TaskResources): void {
  free.cpu -= cpu;
  free.memory -= memory;
}
