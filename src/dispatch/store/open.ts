import { addEvent, attemptsOf, changeRun, insertRun } from './changes.js';
import { feedOf, sequencesOf } from './feed.js';
import { openDatabase, type Database, type DatabaseOptions } from './database.js';
import { allocationsIn } from './allocations.js';
import { fleetsIn } from './fleets.js';
import { functionsIn } from './functions.js';
import { importRun } from './import.js';
import { pageOfRuns, unfinishedRuns } from './pages.js';
import { removeFinished } from './retention.js';
import { spentIn } from './spending.js';
import { tasksIn } from './tasks.js';
import { usageWithin } from './usage.js';
import { eventOfRow, rowOfToken, runOfRow, tokenOfRow } from './rows.js';
import type { Store, Tokens } from './store.js';
import { webhooksIn } from './webhooks.js';

/** Opens the store in a directory, which no other process can open until it is closed, or this process dies. */
export async function openStore(options: DatabaseOptions): Promise<Store> {
  return storeIn(await openDatabase(options));
}

export function storeIn({ tables, write, commits, backup, close }: Database): Store {
  return {
    commits,
    insert: (run) => write((own) => insertRun(own, run)),
    change: (of, change, event, attempt, budget) => write((own) => changeRun(own, of, change, event, { attempt, budget })),
    import: (run, budget) => write((own) => importRun(own, run, budget)),
    addEvent: (run, attempt, event) => write((own) => addEvent(own, run, attempt, event)),
    async run(id) {
      const row = await tables.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? runOfRow(row) : null;
    },
    runs: (query) => pageOfRuns(tables, query),
    unfinished: () => unfinishedRuns(tables),
    async withDueResults(by, limit) {
      const due = tables.selectFrom('runs').selectAll().where('resultsDue', '<=', by).orderBy('resultsDue').limit(limit);
      return (await due.execute()).map(runOfRow);
    },
    async nextResultsDue() {
      const first = tables.selectFrom('runs').select('resultsDue').where('resultsDue', 'is not', null).orderBy('resultsDue').limit(1);
      return (await first.executeTakeFirst())?.resultsDue ?? null;
    },
    attempts: (run) => attemptsOf(tables, run),
    async events({ run, type, after, newest = false, limit }) {
      const rows = await tables
        .selectFrom('events')
        .selectAll()
        .$if(run !== undefined, (select) => select.where('run', '=', run!))
        .$if(type !== undefined, (select) => select.where('type', '=', type!))
        .where('sequence', '>', after ?? 0)
        .orderBy('sequence', newest ? 'desc' : 'asc')
        .limit(limit)
        .execute();
      return (newest ? rows.toReversed() : rows).map(eventOfRow);
    },
    feed: (query) => feedOf(tables, query),
    sequences: () => sequencesOf(tables),
    spent: (organisation, month) => spentIn(tables, organisation, month),
    usage: (within) => usageWithin(tables, within),
    removeFinished: (before) => write((own) => removeFinished(own, before)),
    async secrets(run) {
      const row = await tables.selectFrom('secrets').select('sealed').where('run', '=', run).executeTakeFirst();
      return row?.sealed ?? null;
    },
    tokens: tokensIn({ tables, write }),
    tasks: tasksIn({ tables, write }),
    webhooks: webhooksIn({ tables, write }),
    fleets: fleetsIn({ tables, write }),
    allocations: allocationsIn({ tables, write }),
    functions: functionsIn({ tables, write }),
    async setting(key) {
      const row = await tables.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
      return row?.value ?? null;
    },
    async setSetting(key, value) {
      await write((own) =>
        own
          .insertInto('settings')
          .values({ key, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute(),
      );
    },
    backup,
    close,
  };
}

function tokensIn({ tables, write }: Pick<Database, 'tables' | 'write'>): Tokens {
  return {
    async add(token) {
      await write((own) => own.insertInto('tokens').values(rowOfToken(token)).execute());
    },
    async find(id) {
      const row = await tables.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? tokenOfRow(row) : null;
    },
    async list() {
      const rows = await tables.selectFrom('tokens').selectAll().orderBy('createdAt').orderBy('id').execute();
      return rows.map(tokenOfRow);
    },
    async remove(id) {
      const { numDeletedRows } = await write((own) => own.deleteFrom('tokens').where('id', '=', id).executeTakeFirstOrThrow());
      return numDeletedRows > 0n;
    },
  };
}
