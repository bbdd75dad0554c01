import type { Resources } from '../../spec/worker-spec.js';
import type { Amounts } from './profile.js';
import type { Request } from './snapshot.js';

/** Amounts that some node keeps free for so long. */
export interface Point {
  free: Amounts;
  length: number;
}

/** The points that no other point covers. A request fits one of all points exactly if it fits one of these. */
export function frontierOf(points: readonly Point[]): Point[] {
  const frontier: Point[] = [];
  for (const point of points) {
    if (frontier.some((other) => covers(other, point))) continue;
    let kept = 0;
    for (const other of frontier) if (!covers(point, other)) frontier[kept++] = other;
    frontier.length = kept;
    frontier.push(point);
  }
  return frontier;
}

export function fitsSome(frontier: readonly Point[], { asks, life }: Pick<Request, 'asks' | 'life'>): boolean {
  for (const { free, length } of frontier) if (life <= length && fitsFree(asks, free)) return true;
  return false;
}

/** As `fits`, without a list of amounts: it is asked for every waiting run. */
export function fitsFree({ cpu, memory, storage }: Resources, free: Amounts): boolean {
  if (1 > free[3]!) return false;
  return (cpu <= free[0]! || cpu === 0) && (memory <= free[1]! || memory === 0) && (storage <= free[2]! || storage === 0);
}

function covers(one: Point, other: Point): boolean {
  return one.length >= other.length && one.free.every((amount, kind) => amount >= other.free[kind]!);
}
