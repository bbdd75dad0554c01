import type { Kysely } from 'kysely';
import type { Commits } from './commits.js';
import type { Connection } from './driver.js';
import type { Tables } from './schema.js';

/** Statements of one change. It awaits nothing but statements, and may run a second time if its transaction was lost. */
export type Change<T> = (tables: Kysely<Tables>) => Promise<T>;

/** Runs a change in a transaction. Resolves after the commit; rejects with the change's own error, and then none of it is stored. */
export type Write = <T>(change: Change<T>) => Promise<T>;

/** Most changes in a transaction: other work waits for it. */
const most = 200;

interface Waiting {
  change: Change<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Changes that arrive in the same turn of the event loop share a transaction, since a commit's wait for the disk costs more than the change. */
export function groupCommits(tables: Kysely<Tables>, connection: Connection, commits: Commits): Write {
  const waiting: Waiting[] = [];
  let committing = false;

  const commitWaiting = async () => {
    while (waiting.length > 0) await commitTogether({ tables, connection, commits }, waiting.splice(0, most));
    committing = false;
  };

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve: resolve as Waiting['resolve'], reject });
      if (committing) return;
      committing = true;
      setImmediate(() => void commitWaiting());
    });
}

interface Parts {
  tables: Kysely<Tables>;
  connection: Connection;
  commits: Commits;
}

async function commitTogether(parts: Parts, changes: readonly Waiting[]): Promise<void> {
  const { tables, connection, commits } = parts;
  const answers: (() => void)[] = [];
  try {
    await tables.connection().execute(async (own) => {
      connection.exec('begin immediate');
      try {
        for (const change of changes) answers.push(await runApart(own, connection, change));
        connection.exec('commit');
      } finally {
        if (connection.inTransaction) connection.exec('rollback');
      }
    });
  } catch (error) {
    if (changes.length === 1) return changes[0]!.reject(error);
    // The transaction is lost with all of its changes; without the one that does not fit, others may.
    for (const change of changes) await commitTogether(parts, [change]);
    return;
  }
  commits.report();
  for (const answer of answers) answer();
}

/** @returns the change's answer, to be given after the commit @throws the error that has undone the whole transaction */
async function runApart(own: Kysely<Tables>, connection: Connection, { change, resolve, reject }: Waiting): Promise<() => void> {
  connection.exec('savepoint one');
  try {
    const value = await change(own);
    connection.exec('release one');
    return () => resolve(value);
  } catch (error) {
    if (!connection.inTransaction) throw error;
    connection.exec('rollback to one');
    connection.exec('release one');
    return () => reject(error);
  }
}
