import type { Kysely } from 'kysely';
import { callbackOf, callbackOfNew } from '../callbacks/callback.js';
import { following, isFinal, runStates, type Run, type RunState } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { insertFleetEvent } from './fleets.js';
import { queueCallback } from './outbox.js';
import { attemptOfRow, rowOfAttemptChange, rowOfChange, rowOfRun, runOfRow } from './rows.js';
import type { Tables } from './schema.js';
import { assertWithin, settle } from './spending.js';
import type { AttemptChange, NewEvent, NewRun, RunChange } from './store.js';

/** Statements that change a run, for use within a transaction. */

export async function insertRun(tables: Kysely<Tables>, { run, secrets, bodyHash, event, growth, history }: NewRun) {
  const { numInsertedOrUpdatedRows: inserted } = await tables
    .insertInto('runs')
    .values(rowOfRun(run, bodyHash))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  if (inserted === 0n) {
    const row = await tables.selectFrom('runs').selectAll().where('id', '=', run.id).executeTakeFirstOrThrow();
    return { stored: false as const, existing: runOfRow(row), bodyHash: row.bodyHash };
  }
  await insertLabels(tables, run);
  if (secrets) await tables.insertInto('secrets').values({ run: run.id, sealed: secrets }).execute();
  for (const attempt of history?.attempts ?? []) await changeAttempt(tables, run, attempt);
  for (const past of history?.events ?? []) await insertEvent(tables, run.id, past.attempt, past);
  const sequence = await insertEvent(tables, run.id, run.attempt, event);
  await queueCallback(tables, callbackOfNew(run, event), sequence);
  if (run.fleet !== null && growth) await insertFleetEvent(tables, run.fleet, growth);
  const primary = run.primary === null ? null : runOfWorker(run.primary);
  if (primary && growth) await insertEvent(tables, primary.run, primary.attempt, growth);
  return { stored: true as const };
}

export async function changeRun(
  tables: Kysely<Tables>,
  of: Pick<Run, 'id' | 'revision'>,
  change: RunChange,
  event: NewEvent,
  { attempt, budget = null }: { attempt?: AttemptChange | undefined; budget?: number | null | undefined },
): Promise<Run | null> {
  const row = await tables
    .updateTable('runs')
    .set({ ...rowOfChange(change), revision: of.revision + 1 })
    .where('id', '=', of.id)
    .where('revision', '=', of.revision)
    .$if(change.state !== undefined, (update) => update.where('state', 'in', statesBefore(change.state!)))
    .returningAll()
    .executeTakeFirst();
  if (!row) return null;
  const run = runOfRow(row);
  if (change.labels) {
    await tables.deleteFrom('labels').where('run', '=', run.id).execute();
    await insertLabels(tables, run);
  }
  if (attempt) await changeAttempt(tables, run, attempt);
  if (attempt?.endedAt != null) await settle(tables, run, attempt.number, event.at);
  if (attempt?.cost && budget !== null) await assertWithin(tables, run, event.at, budget);
  if (isFinal(run.state)) await tables.deleteFrom('secrets').where('run', '=', run.id).execute();
  const sequence = await insertEvent(tables, run.id, run.attempt, event);
  await queueCallback(tables, callbackOf(run, change.state ?? null, event), sequence);
  return run;
}

/** Stores an event that changes no run. */
export async function addEvent(tables: Kysely<Tables>, id: string, attempt: number, event: NewEvent): Promise<void> {
  const sequence = await insertEvent(tables, id, attempt, event);
  const row = await tables.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await queueCallback(tables, callbackOf({ ...runOfRow(row), attempt }, null, event), sequence);
}

function statesBefore(state: RunState): RunState[] {
  return runStates.filter((from) => (following[from] as readonly RunState[]).includes(state));
}

async function insertLabels(tables: Kysely<Tables>, { id, labels, createdAt }: Run): Promise<void> {
  const rows = Object.entries(labels).map(([key, value]) => ({ key, value, createdAt, run: id }));
  if (rows.length > 0) await tables.insertInto('labels').values(rows).execute();
}

const newAttempt = { readyAt: null, endedAt: null, error: null, end: null, price: 0, cost: 0 };

async function changeAttempt(tables: Kysely<Tables>, { id: run, organisation }: Run, change: AttemptChange): Promise<void> {
  const columns = rowOfAttemptChange(change);
  const { numUpdatedRows } = await tables
    .updateTable('attempts')
    .set(columns)
    .where('run', '=', run)
    .where('number', '=', change.number)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  const { node, startedAt } = change;
  if (node === undefined || startedAt === undefined) throw new Error(`attempt ${change.number} of run ${run} does not exist`);
  await tables
    .insertInto('attempts')
    .values({ ...newAttempt, ...columns, run, organisation, number: change.number, node, startedAt })
    .execute();
}

/** @returns its sequence */
export async function insertEvent(tables: Kysely<Tables>, run: string, attempt: number, { at, type, data }: NewEvent): Promise<number> {
  const { insertId } = await tables
    .insertInto('events')
    .values({ run, attempt, at, type, data: JSON.stringify(data) })
    .executeTakeFirstOrThrow();
  return Number(insertId);
}

export async function attemptsOf(tables: Kysely<Tables>, run: string) {
  const rows = await tables.selectFrom('attempts').selectAll().where('run', '=', run).orderBy('number').execute();
  return rows.map(attemptOfRow);
}
