import type { Kysely } from 'kysely';
import { insertRun } from './changes.js';
import { removeRuns } from './retention.js';
import type { Tables } from './schema.js';
import { assertWithin } from './spending.js';
import type { NewRun } from './store.js';

/** See `Store.import`. For use within a transaction. Revisions rise over all installations, so an older document brings nothing back. */
export async function importRun(tables: Kysely<Tables>, imported: NewRun, budget: number | null) {
  const { run, event, history } = imported;
  const moved = await tables
    .selectFrom('runs')
    .select('bodyHash')
    .where('id', '=', run.id)
    .where('state', '=', 'moved')
    .where('revision', '<', run.revision)
    .executeTakeFirst();
  if (moved) await removeRuns(tables, [run.id]);
  // A repeated request with the run's Idempotency-Key is still the same one.
  const inserted = await insertRun(tables, moved ? { ...imported, bodyHash: moved.bodyHash } : imported);
  const reserves = history?.attempts.some(({ endedAt, cost }) => endedAt === null && cost > 0) ?? false;
  if (inserted.stored && reserves && budget !== null) await assertWithin(tables, run, event.at, budget);
  return inserted;
}
