import type { Run } from '../run.js';
import type { Decisions } from '../schedule/decisions.js';
import type { Held } from '../schedule/snapshot.js';

/** A new promise of a run, with its event. `promise`: `null`: it has none any more. */
export interface PromiseChange {
  run: string;
  promise: Held | null;
  event: { type: 'promised' | 'promise_moved'; data: Readonly<Record<string, unknown>> };
}

/** The promises that a pass has changed. `runs`: as the pass has read them. */
export function promiseChanges({ reservations, moved }: Decisions, runs: ReadonlyMap<string, Run>): PromiseChange[] {
  const broken = new Map(moved.map((one) => [one.run, one]));
  const held = reservations.flatMap(({ run, node, startsBy, order }): PromiseChange[] => {
    const before = runs.get(run)?.promise ?? null;
    if (before?.node === node && before.startsBy === startsBy) return [];
    const move = broken.get(run);
    const promise = { node, startsBy, order };
    if (!move) return [{ run, promise, event: { type: 'promised', data: documentOf(promise) } }];
    const cause = { cause: move.cause.kind, by: move.cause.by };
    return [
      { run, promise, event: { type: 'promise_moved', data: { ...documentOf(promise), before: documentOf(move.before), ...cause } } },
    ];
  });
  const gone = moved.flatMap(({ run, before, after, cause }): PromiseChange[] => {
    if (after !== null) return [];
    const data = { before: documentOf(before), cause: cause.kind, by: cause.by };
    return [{ run, promise: null, event: { type: 'promise_moved', data } }];
  });
  return [...held, ...gone];
}

function documentOf({ node, startsBy }: Held): Record<string, unknown> {
  return { node, starts_by: new Date(startsBy).toISOString() };
}
