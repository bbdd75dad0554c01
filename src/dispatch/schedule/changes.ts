import { decide } from './decide.js';
import type { Moved } from './decisions.js';
import type { Snapshot } from './snapshot.js';

/** The effect of an administrator's or a user's change before it is made. */

export interface Drain {
  /** The node is empty then at the latest. `null`: a worker on it has no known end. */
  emptyBy: number | null;
  /** Promises that the drain moves. */
  moved: Moved[];
}

/** A drain reserves the whole node from a time on: nothing starts there that may live longer. */
export function drain(snapshot: Snapshot, name: string, by: number): Drain | null {
  const node = snapshot.nodes.find((one) => one.name === name);
  if (!node) return null;
  const ends = node.busy.map(({ until }) => until ?? Infinity);
  const emptyBy = Math.max(by, snapshot.now, ...ends);
  const drained = { ...node, emptyBy: by };
  const after = { ...snapshot, nodes: snapshot.nodes.map((one) => (one === node ? drained : one)) };
  return { emptyBy: emptyBy === Infinity ? null : emptyBy, moved: newlyMoved(snapshot, after) };
}

export interface Extension {
  /** Runs that would wait longer, with the milliseconds; `null`: without a promise any more. */
  delays: { run: string; longer: number | null }[];
  /** The node is drained, and the worker would end after its time. */
  drained: boolean;
}

/** Who would wait if a worker lived until then. */
export function extension(snapshot: Snapshot, worker: string, until: number): Extension {
  const nodes = snapshot.nodes.map((node) => ({
    ...node,
    busy: node.busy.map((one) => (one.id === worker ? { ...one, until: Math.max(one.until ?? Infinity, until) } : one)),
  }));
  const home = snapshot.nodes.find(({ busy }) => busy.some(({ id }) => id === worker));
  const own = home?.busy.find(({ id }) => id === worker);
  const moved = newlyMoved(snapshot, { ...snapshot, nodes });
  return {
    delays: moved.map(({ run, before, after }) => ({ run, longer: after && after.startsBy - before.startsBy })),
    drained: home?.emptyBy !== undefined && home.emptyBy !== null && until > Math.max(home.emptyBy, own?.until ?? Infinity),
  };
}

/** Promises that only the change moves. */
function newlyMoved(snapshot: Snapshot, changed: Snapshot): Moved[] {
  const starts = new Map(decide(snapshot, snapshot).moved.map(({ run, after }) => [run, after?.startsBy ?? Infinity]));
  return decide(changed, snapshot).moved.filter(({ run, after }) => (after?.startsBy ?? Infinity) > (starts.get(run) ?? -Infinity));
}
