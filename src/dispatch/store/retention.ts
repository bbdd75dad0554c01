import { sql, type Kysely } from 'kysely';
import { noteRemoval } from './feed.js';
import { removeOldFleets } from './fleets.js';
import type { Tables } from './schema.js';

/** Runs, or rows of fleets, that one call deletes. */
const most = 200;

/** Tables with rows of a run, before the run itself, which they refer to. */
const parts = ['labels', 'attempts', 'events', 'secrets', 'tasks'] as const;

/** Deletes the oldest finished runs, or else rows of fleets, for use within a transaction. @returns their number */
export async function removeFinished(tables: Kysely<Tables>, before: number): Promise<number> {
  const rows = await tables
    .selectFrom('runs')
    .select('id')
    .where('final', '=', sql.lit(1))
    .where('completedAt', '<', before)
    .orderBy('completedAt')
    .limit(most)
    .execute();
  if (rows.length === 0) return removeOldFleets(tables, before, most);
  await removeRuns(
    tables,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

/** Deletes runs with all that belongs to them. */
export async function removeRuns(tables: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await noteRemoval(tables, ids);
  for (const part of parts) await tables.deleteFrom(part).where('run', 'in', ids).execute();
  await tables.deleteFrom('runs').where('id', 'in', ids).execute();
}
