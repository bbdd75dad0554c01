import type { Call, Moment } from '../support/docker-proxy.js';
import { classesOf } from './classes.js';

/** A moment of one call, told by what the call is and how many of its kind came before: runs differ in order, not in kinds. */
export interface Point {
  kind: string;
  /** From 0, among the calls of its kind. */
  nth: number;
  moment: Moment;
  class: string;
}

/** A call among those of its kind. */
export type Nth = Pick<Point, 'kind' | 'nth'>;

export const moments: readonly Moment[] = ['before', 'acted', 'after'];

/** A call without what differs from run to run and from worker to worker. */
export function kindOf({ method, path }: Pick<Call, 'method' | 'path'>, worker: string): string {
  const plain = decodeURIComponent(path.replace(/^\/v[\d.]+/, '')).replaceAll('+', ' ');
  return `${method} ${plain.replaceAll(worker, 'WORKER').replace(/[0-9a-f]{64}/g, 'ID')}`;
}

/** Three moments of each call that all of some unharmed runs make; `varying`: the calls that not all make. */
export function pointsOf(runs: readonly string[][]): { points: Point[]; varying: string[] } {
  const [first = [], ...others] = runs;
  const classes = classesOf(first.map((kind) => ({ what: isRead(kind) ? kind.replace(/\?.*/, '') : kind, changes: !isRead(kind) })));
  const counts = new Map<string, number>();
  const varying: string[] = [];
  const points = first.flatMap((kind, i) => {
    const nth = counts.get(kind) ?? 0;
    counts.set(kind, nth + 1);
    const common = others.every((run) => run.filter((other) => other === kind).length > nth);
    if (!common) varying.push(`${kind} #${nth + 1}`);
    return common ? moments.map((moment) => ({ kind, nth, moment, class: classes[i]! })) : [];
  });
  return { points, varying };
}

const isRead = (kind: string): boolean => kind.startsWith('GET ');

/** Numbers calls by kind as they come; the same call keeps its number through its moments. */
export function counter(worker: string): (call: Call) => Nth {
  const known = new Map<number, Nth>();
  const counts = new Map<string, number>();
  return (call) => {
    const seen = known.get(call.index);
    if (seen) return seen;
    const kind = kindOf(call, worker);
    const numbered = { kind, nth: counts.get(kind) ?? 0 };
    counts.set(kind, numbered.nth + 1);
    known.set(call.index, numbered);
    return numbered;
  };
}

export function formatPoint({ kind, nth, moment }: Point): string {
  return `${moment} ${kind} #${nth + 1}`;
}

/** The call is a driver's and its reply was not heard: the journal knows that it was meant. (The third volume is the lease.) */
export function leavesIntent({ kind, nth, moment }: Point): boolean {
  const ofDriver = /^POST \/containers\/(create|ID\/start)/.test(kind) || (kind === 'POST /volumes/create' && nth < 2);
  return ofDriver && moment !== 'after';
}
