import { loadSpecs } from '../../../runtime/load-spec.js';
import type { FoundSpec } from '../../../spec/load.js';
import type { Emit } from '../../../events.js';
import type { Reporting } from '../../reporting.js';

/** A session of any kind. */
type Working = Omit<Reporting, 'emit'> & { call: { emit: Emit } };

/** Shows a result; called in the order of the file when all work is done. @returns the exit code */
export type Show = () => number | Promise<number>;

/** The specs of a file, at least one. */
export function specsOf(file: string, { name }: { name?: string | undefined }): Promise<FoundSpec[]> {
  return loadSpecs(file, { ...(name !== undefined && { name }), env: process.env, cwd: process.cwd() });
}

/**
 * Does the same work for all of a file's workers at the same time. A failure does not stop the others: its error is shown in place of a
 * result. If there is only one worker, its error is thrown.
 *
 * @param work gets a session that adds the worker's name to events and lines, where there are several workers
 * @returns the most serious exit code
 */
export async function eachWorker<T, S extends Working>(
  session: S,
  all: readonly { name: string; item: T }[],
  work: (session: S, item: T) => Promise<Show>,
): Promise<number> {
  const [first, second] = all;
  if (!first) return 0;
  if (!second) return (await work(session, first.item))();
  const results = await Promise.allSettled(all.map(async ({ name, item }) => work(sessionOf(session, name), item)));
  let code = 0;
  for (const [index, result] of results.entries()) {
    const show = result.status === 'fulfilled' ? result.value : () => session.fail(result.reason, all[index]!.name);
    session.settle();
    code = worse(code, await show());
  }
  return code;
}

/** Exit codes from the least serious one: done, changes present, no backend, error. */
const order = [0, 2, 3, 1];

function worse(a: number, b: number): number {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function sessionOf<S extends Working>(session: S, worker: string): S {
  return {
    ...session,
    line: (value) => session.line({ ...(value as object), worker }),
    call: { ...session.call, emit: (event) => session.call.emit({ ...event, worker }) },
  };
}
