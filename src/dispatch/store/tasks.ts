import { sql, type Kysely } from 'kysely';
import type { Task, TaskState } from '../../tasks/task.js';
import type { Database } from './database.js';
import { formatPosition, parsePosition } from './pages.js';
import type { Tables } from './schema.js';
import { changeTask, insertTask, redriveTask } from './task-changes.js';
import { taskOfRow } from './task-rows.js';
import type { TaskCount, TaskQuery, TaskStore } from './task-store.js';
import { nextTurn } from './turn.js';

export function tasksIn({ tables, write }: Pick<Database, 'tables' | 'write'>): TaskStore {
  return {
    insert: (task) => write((own) => insertTask(own, task)),
    change: (of, change, event) => write((own) => changeTask(own, of, change, event)),
    redrive: (dead, task) => write((own) => redriveTask(own, dead, task)),
    async task(id) {
      const row = await selectTasks(tables).where('id', '=', id).executeTakeFirst();
      return row ? taskOfRow(row) : null;
    },
    tasks: (query) => pageOfTasks(tables, query),
    unfinished: () => unfinishedTasks(tables),
    async sealed(id) {
      const row = await tables.selectFrom('tasks').select('sealed').where('id', '=', id).executeTakeFirst();
      return row?.sealed ?? null;
    },
    counts: (run) => countsOf(tables, run),
  };
}

function selectTasks(tables: Kysely<Tables>) {
  return tables
    .selectFrom('tasks')
    .select([
      'id',
      'organisation',
      'revision',
      'run',
      'state',
      'final',
      'reason',
      'priority',
      'command',
      'function',
      'container',
      'timeout',
    ])
    .select(['attempts', 'cpu', 'memory', 'attempt', 'token', 'worker', 'stopping', 'createdAt', 'notBefore', 'scheduledAt', 'startedAt'])
    .select(['finishedAt', 'exitCode', 'failure', 'output', 'dead', 'redriven', 'bodyHash', 'fleet', 'allocation', 'files']);
}

/** Each filter has an index with the order of pages. */
async function pageOfTasks(tables: Kysely<Tables>, query: TaskQuery): Promise<{ tasks: Task[]; next: string | null }> {
  const { organisation, run, allocation, state, dead = false, limit } = query;
  const after = query.after === undefined ? null : parsePosition(query.after);
  const rows = await selectTasks(tables)
    .where('organisation', '=', organisation)
    .$if(run !== undefined, (select) => select.where('run', '=', run!))
    .$if(allocation !== undefined, (select) => select.where('allocation', '=', allocation!))
    .$if(state !== undefined, (select) => select.where('state', '=', state!))
    .$if(dead, (select) => select.where('dead', '=', sql.lit(1)).where('redriven', 'is', null))
    .$if(after !== null, (select) =>
      select.where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '<', tuple(after!.createdAt, after!.id))),
    )
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit).map(taskOfRow);
  return { tasks: page, next: rows.length > limit ? formatPosition(page.at(-1)!) : null };
}

/** Oldest first, a page at a time: the reader may write meanwhile. */
async function* unfinishedTasks(tables: Kysely<Tables>, size = 200): AsyncIterable<Task> {
  let after = { createdAt: -1, id: '' };
  while (true) {
    const rows = await selectTasks(tables)
      .where('final', '=', sql.lit(0))
      .where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '>', tuple(after.createdAt, after.id)))
      .orderBy('createdAt')
      .orderBy('id')
      .limit(size)
      .execute();
    yield* rows.map(taskOfRow);
    if (rows.length < size) return;
    after = rows.at(-1)!;
    await nextTurn();
  }
}

async function countsOf(tables: Kysely<Tables>, run: string): Promise<TaskCount[]> {
  const rows = await tables
    .selectFrom('tasks')
    .select(({ fn }) => [
      'state',
      'worker',
      fn.countAll<number>().as('count'),
      sql<number>`count("startedAt")`.as('begun'),
      sql<number>`total("startedAt" - "createdAt")`.as('waited'),
      sql<number>`count("finishedAt" - "startedAt")`.as('ended'),
      sql<number>`total("finishedAt" - "startedAt")`.as('took'),
    ])
    .where('run', '=', run)
    .groupBy(['state', 'worker'])
    .execute();
  return rows.map(({ state, ...row }) => ({ ...row, state: state as TaskState }));
}
