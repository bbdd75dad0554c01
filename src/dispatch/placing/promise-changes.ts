import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Decisions, Moved } from '../schedule/decisions.js';
import type { Held } from '../schedule/snapshot.js';

/** A new promise of a run, with its event. `promise`: `null`: it has none any more. */
export interface PromiseChange {
  run: string;
  promise: Held | null;
  event: { type: 'promised' | 'promise_moved'; data: Readonly<Record<string, unknown>> };
}

/** The service's own nodes and runs. */
interface Known {
  nodes: ReadonlyMap<string, unknown>;
  runs: Pick<Runs, 'get'>;
}

/** The promises that a pass has changed, also those of runs that start too late. `runs`: as the pass has read them. */
export function promiseChanges({ reservations, moved }: Decisions, runs: ReadonlyMap<string, Run>, known: Known): PromiseChange[] {
  const broken = new Set(moved.map(({ run }) => run));
  const held = reservations.flatMap(({ run, node, startsBy, order }): PromiseChange[] => {
    const before = runs.get(run)?.promise ?? null;
    if (before?.node === node && before.startsBy === startsBy) return [];
    const promise = { node, startsBy, order };
    return broken.has(run) ? [] : [{ run, promise, event: { type: 'promised', data: documentOf(promise) } }];
  });
  return [...held, ...moved.map((one) => moveOf(one, runs.get(one.run), known))];
}

/** The budget of its organisation does not allow a run any more: its promise is over. */
export function withoutMoney({ id: run, promise }: Run): PromiseChange {
  const data = { before: promise && documentOf(promise), cause: 'settings_changed', by: null };
  return { run, promise: null, event: { type: 'promise_moved', data } };
}

function moveOf({ run: id, before, after, cause }: Moved, run: Run | undefined, known: Known): PromiseChange {
  const by = mayName(cause.by, run, known) ? cause.by : null;
  const data = { ...(after && documentOf(after)), before: documentOf(before), cause: cause.kind, by };
  return { run: id, promise: after, event: { type: 'promise_moved', data } };
}

/** Users read the events of their runs: a run of another organisation, or a worker of another program, is in none of them. */
function mayName(by: string | null, run: Run | undefined, { nodes, runs }: Known): boolean {
  if (by === null || run === undefined) return false;
  return nodes.has(by) || runs.get(by)?.organisation === run.organisation;
}

function documentOf({ node, startsBy }: Held): Record<string, unknown> {
  return { node, starts_by: new Date(startsBy).toISOString() };
}
