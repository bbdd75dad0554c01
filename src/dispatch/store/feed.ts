import { type Kysely, sql } from 'kysely';
import { eventOfRow } from './rows.js';
import type { Tables } from './schema.js';
import type { FeedEvent, FeedQuery } from './store.js';

/** The setting with the highest sequence of an event that was removed with its run. */
const removedKey = 'events_removed';

const highest = sql<number | null>`max(sequence)`.as('sequence');

export async function feedOf(tables: Kysely<Tables>, { run, after, limit }: FeedQuery): Promise<FeedEvent[]> {
  const rows = await tables
    .selectFrom('events')
    .innerJoin('runs', 'runs.id', 'events.run')
    .selectAll('events')
    .select(['runs.organisation', 'runs.labels'])
    .where('events.sequence', '>', after)
    .$if(run !== undefined, (select) => select.where('events.run', '=', run!))
    .orderBy('events.sequence')
    .limit(limit)
    .execute();
  return rows.map(({ organisation, labels, ...event }) => ({
    ...{ event: eventOfRow(event), organisation },
    labels: JSON.parse(labels) as Record<string, string>,
  }));
}

/** The highest sequence of all events that were stored, and of those that were removed; 0: none. */
export async function sequencesOf(tables: Kysely<Tables>): Promise<{ newest: number; removed: number }> {
  const last = await tables.selectFrom('events').select(highest).executeTakeFirst();
  const setting = await tables.selectFrom('settings').select('value').where('key', '=', removedKey).executeTakeFirst();
  const removed = Number(setting?.value ?? 0);
  return { newest: Math.max(last?.sequence ?? 0, removed), removed };
}

/** Stores that the events of runs are about to be removed, for use within a transaction. */
export async function noteRemoval(tables: Kysely<Tables>, runs: readonly string[]): Promise<void> {
  const last = await tables.selectFrom('events').select(highest).where('run', 'in', runs).executeTakeFirst();
  const { removed } = await sequencesOf(tables);
  const value = String(Math.max(removed, last?.sequence ?? 0));
  await tables
    .insertInto('settings')
    .values({ key: removedKey, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
