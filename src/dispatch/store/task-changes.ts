import type { Kysely } from 'kysely';
import type { TaskChange } from '../../tasks/delivery.js';
import { isFinal, mayFollow, type Task, type TaskState, taskStates } from '../../tasks/task.js';
import { runOfWorker } from '../worker-name.js';
import { insertEvent } from './changes.js';
import { insertFleetEvent } from './fleets.js';
import type { Tables } from './schema.js';
import type { NewEvent } from '../run.js';
import { rowOfTask, rowOfTaskChange, taskOfRow } from './task-rows.js';
import type { NewTask } from './task-store.js';

// Statements that change a task, for use within a transaction.

export async function insertTask(tables: Kysely<Tables>, { task, sealed, bodyHash, event }: NewTask) {
  const { numInsertedOrUpdatedRows: inserted } = await tables
    .insertInto('tasks')
    .values(rowOfTask(task, { sealed, bodyHash }))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  if (inserted === 0n) {
    const row = await tables.selectFrom('tasks').selectAll().where('id', '=', task.id).executeTakeFirstOrThrow();
    return { stored: false as const, existing: taskOfRow(withoutSealed(row)), bodyHash: row.bodyHash };
  }
  await insertTaskEvent(tables, task, event);
  return { stored: true as const };
}

export async function changeTask(
  tables: Kysely<Tables>,
  of: Pick<Task, 'id' | 'revision'>,
  change: TaskChange,
  event: NewEvent,
): Promise<Task | null> {
  const row = await tables
    .updateTable('tasks')
    .set({ ...rowOfTaskChange(change), revision: of.revision + 1 })
    // Only a redrive needs variables and input after the end.
    .$if(change.state !== undefined && isFinal(change.state) && change.dead !== true, (update) => update.set({ sealed: null }))
    .where('id', '=', of.id)
    .where('revision', '=', of.revision)
    .$if(change.state !== undefined, (update) => update.where('state', 'in', statesBefore(change.state!)))
    .returningAll()
    .executeTakeFirst();
  if (!row) return null;
  const task = taskOfRow(withoutSealed(row));
  await insertTaskEvent(tables, task, event);
  return task;
}

export async function redriveTask(tables: Kysely<Tables>, dead: Pick<Task, 'id' | 'revision'>, fresh: NewTask): Promise<Task | null> {
  const { numUpdatedRows } = await tables
    .updateTable('tasks')
    .set({ redriven: fresh.task.id, revision: dead.revision + 1, sealed: null })
    .where('id', '=', dead.id)
    .where('revision', '=', dead.revision)
    .where('dead', '=', 1)
    .where('redriven', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return null;
  await insertTask(tables, fresh);
  return fresh.task;
}

function statesBefore(state: TaskState): TaskState[] {
  return taskStates.filter((from) => mayFollow(from, state));
}

/** The events of tasks are events of their run, in one order with the run's own. Those of a fleet's task are events of its worker's run, if a worker had it. */
async function insertTaskEvent(tables: Kysely<Tables>, { run, fleet, worker }: Task, event: NewEvent): Promise<void> {
  const id = run ?? (worker === null ? null : (runOfWorker(worker)?.run ?? null));
  const found = id === null ? undefined : await tables.selectFrom('runs').select('attempt').where('id', '=', id).executeTakeFirst();
  if (found) await insertEvent(tables, id!, found.attempt, event);
  else if (fleet !== null) await insertFleetEvent(tables, fleet, event);
}

export function withoutSealed<Row extends { sealed: unknown }>({ sealed: _, ...row }: Row): Omit<Row, 'sealed'> {
  return row;
}
