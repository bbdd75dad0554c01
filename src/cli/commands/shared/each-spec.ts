import { loadSpecs } from '../../../runtime/load-spec.js';
import type { FoundSpec } from '../../../spec/load.js';
import type { Session } from '../../session.js';

/** What is left to do when all is known, in the order of the file: to show it. @returns the exit code */
export type Show = () => number | Promise<number>;

/** The specs of a file, one at least. */
export function specsOf(file: string, { name }: { name?: string | undefined }): Promise<FoundSpec[]> {
  return loadSpecs(file, { ...(name !== undefined && { name }), env: process.env, cwd: process.cwd() });
}

/**
 * Does the same for each of a file's workers, all at once. One that fails does not stop the others; its error is shown where its
 * result would be. A single one's error is thrown.
 *
 * @param work gets a session that says whose the events and lines are, where there are several
 * @returns the exit code that says most
 */
export async function eachWorker<T>(
  session: Session,
  all: readonly { name: string; it: T }[],
  work: (session: Session, it: T) => Promise<Show>,
): Promise<number> {
  const [first, second] = all;
  if (!first) return 0;
  if (!second) return (await work(session, first.it))();
  const results = await Promise.allSettled(all.map(async ({ name, it }) => work(sessionOf(session, name), it)));
  let code = 0;
  for (const [index, result] of results.entries()) {
    const show = result.status === 'fulfilled' ? result.value : () => session.fail(result.reason, all[index]!.name);
    session.settle();
    code = worse(code, await show());
  }
  return code;
}

/** The exit codes, from what says least: done, changes present, no backend, error. */
const order = [0, 2, 3, 1];

function worse(a: number, b: number): number {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function sessionOf(session: Session, worker: string): Session {
  return {
    ...session,
    line: (value) => session.line({ ...(value as object), worker }),
    call: { ...session.call, emit: (event) => session.call.emit({ ...event, worker }) },
  };
}
