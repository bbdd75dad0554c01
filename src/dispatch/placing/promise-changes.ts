import type { Run } from '../run.js';
import type { Decisions, Moved } from '../schedule/decisions.js';
import type { Held } from '../schedule/snapshot.js';

/** A new promise of a run, with its event. `promise`: `null`: it has none any more. */
export interface PromiseChange {
  run: string;
  promise: Held | null;
  event: { type: 'promised' | 'promise_moved'; data: Readonly<Record<string, unknown>> };
}

/** The promises that a pass has changed, also those of runs that start too late. `runs`: as the pass has read them. */
export function promiseChanges({ reservations, moved }: Decisions, runs: ReadonlyMap<string, Run>): PromiseChange[] {
  const broken = new Set(moved.map(({ run }) => run));
  const held = reservations.flatMap(({ run, node, startsBy, order }): PromiseChange[] => {
    const before = runs.get(run)?.promise ?? null;
    if (before?.node === node && before.startsBy === startsBy) return [];
    const promise = { node, startsBy, order };
    return broken.has(run) ? [] : [{ run, promise, event: { type: 'promised', data: documentOf(promise) } }];
  });
  return [...held, ...moved.map(moveOf)];
}

/** The budget of its organisation does not allow a run any more: its promise is over. */
export function withoutMoney({ id: run, promise }: Run): PromiseChange {
  const data = { before: promise && documentOf(promise), cause: 'settings_changed', by: null };
  return { run, promise: null, event: { type: 'promise_moved', data } };
}

function moveOf({ run, before, after, cause }: Moved): PromiseChange {
  const data = { ...(after && documentOf(after)), before: documentOf(before), cause: cause.kind, by: cause.by };
  return { run, promise: after, event: { type: 'promise_moved', data } };
}

function documentOf({ node, startsBy }: Held): Record<string, unknown> {
  return { node, starts_by: new Date(startsBy).toISOString() };
}
