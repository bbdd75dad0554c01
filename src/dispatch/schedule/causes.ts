import type { Cause } from './decisions.js';
import type { HeldRun } from './order.js';
import type { Busy, NodeState, Snapshot, WaitingRun } from './snapshot.js';

/** The cause of a promise whose place a run takes. */
export function takenBy({ id }: WaitingRun, before: Snapshot | null): Cause {
  const retried = before?.nodes.some(({ busy }) => busy.some((one) => one.id === id)) ?? false;
  return { kind: retried ? 'attempt_failed' : 'higher_priority', by: id };
}

/** The first cause that the snapshots show for a promise that does not fit any more. */
export function causeOf(run: HeldRun, snapshot: Snapshot, before: Snapshot | null): Cause {
  const { now } = snapshot;
  const { node: name, startsBy } = run.held;
  const node = snapshot.nodes.find((one) => one.name === name);
  if (!node) return { kind: 'settings_changed', by: name };
  if (node.closed !== null) return { kind: node.closed, by: name };
  if (node.emptyBy !== null && startsBy + run.request.life > node.emptyBy) return { kind: 'drained', by: name };
  const late = first(node.busy, ({ until }) => until !== null && until <= now);
  if (late) return { kind: 'removal_late', by: late.id };
  return (before && changeOf(node, snapshot, before)) ?? { kind: 'unknown', by: null };
}

/** What has changed on a node between two passes. */
function changeOf(node: NodeState, snapshot: Snapshot, before: Snapshot): Cause | null {
  const old = before.nodes.find(({ name }) => name === node.name);
  const ends = new Map(old?.busy.map(({ id, until }) => [id, until ?? Infinity]));
  const waited = new Set(before.waiting.map(({ id }) => id));
  const came = first(node.busy, ({ id }) => !ends.has(id) && !waited.has(id));
  if (came) return { kind: 'foreign_worker', by: came.id };
  if (old && old.skew !== node.skew) return { kind: 'clock_jump', by: node.name };
  const longer = first(node.busy, ({ id, until }) => (until ?? Infinity) > (ends.get(id) ?? Infinity));
  if (longer) return { kind: longer.organisation === null ? 'foreign_worker' : 'extend_forced', by: longer.id };
  if (snapshot.now < before.now) return { kind: 'clock_jump', by: null };
  if (differ([old?.capacity, old?.making], [node.capacity, node.making])) return { kind: 'settings_changed', by: node.name };
  const rest = ({ organisations, settings, classes }: Snapshot) => [organisations, settings, classes];
  return differ(rest(before), rest(snapshot)) ? { kind: 'settings_changed', by: null } : null;
}

/** The first by id, so that the order of the list does not matter. */
function first(busy: readonly Busy[], condition: (one: Busy) => boolean): Busy | undefined {
  return busy.filter(condition).sort((a, b) => (a.id < b.id ? -1 : 1))[0];
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
