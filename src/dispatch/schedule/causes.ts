import type { Cause } from './decisions.js';
import type { HeldRun } from './order.js';
import type { Snapshot } from './snapshot.js';

/** The first cause that the snapshots show for a promise that does not fit any more. */
export function causeOf(run: HeldRun, snapshot: Snapshot, before: Snapshot | null): Cause {
  const { now } = snapshot;
  const { node: name } = run.held;
  const node = snapshot.nodes.find((one) => one.name === name);
  if (!node) return { kind: 'settings_changed', by: name };
  if (node.closed !== null) return { kind: node.closed, by: name };
  if (node.emptyBy !== null && run.held.startsBy + run.request.life > node.emptyBy) return { kind: 'drained', by: name };
  const late = node.busy.find(({ until }) => until !== null && until <= now);
  if (late) return { kind: 'removal_late', by: late.id };
  if (!before) return { kind: 'unknown', by: null };
  const old = before.nodes.find((one) => one.name === name);
  const known = new Map(old?.busy.map((one) => [one.id, one]));
  const waited = new Set(before.waiting.map(({ id }) => id));
  const came = node.busy.find(({ id }) => !known.has(id) && !waited.has(id));
  if (came) return { kind: 'foreign_worker', by: came.id };
  const longer = node.busy.find(({ id, until }) => known.has(id) && (until ?? Infinity) > (known.get(id)?.until ?? Infinity));
  if (longer) return { kind: longer.organisation === null ? 'foreign_worker' : 'extend_forced', by: longer.id };
  if (now < before.now) return { kind: 'clock_jump', by: null };
  if (JSON.stringify(old && [old.capacity, old.making]) !== JSON.stringify([node.capacity, node.making]))
    return { kind: 'settings_changed', by: name };
  if (
    JSON.stringify([before.organisations, before.settings, before.classes]) !==
    JSON.stringify([snapshot.organisations, snapshot.settings, snapshot.classes])
  ) {
    return { kind: 'settings_changed', by: null };
  }
  return { kind: 'unknown', by: null };
}
