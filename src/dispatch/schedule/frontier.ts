import { type Amounts, fits } from './profile.js';

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

export function fitsSome(frontier: readonly Point[], amounts: Amounts, length: number): boolean {
  for (const point of frontier) if (length <= point.length && fits(amounts, point.free)) return true;
  return false;
}

function covers(one: Point, other: Point): boolean {
  return one.length >= other.length && one.free.every((amount, kind) => amount >= other.free[kind]!);
}
