import type { Kysely } from 'kysely';
import type { DefaultRevision, FunctionRevision } from '../../tasks/functions/function.js';
import type { Functions } from '../../tasks/functions/functions.js';
import type { Database } from './database.js';
import { revisionOfRow, rowOfRevision } from './function-rows.js';
import type { Tables } from './schema.js';

export function functionsIn({ tables, write }: Pick<Database, 'tables' | 'write'>): Functions {
  return {
    add: (revision, sealed, limit) => write((own) => addRevision(own, revision, sealed, limit)),
    find: (organisation, name, revision) => findRevision(tables, organisation, name, revision),
    async list(organisation) {
      const rows = await tables
        .selectFrom('functions')
        .selectAll()
        .where('organisation', '=', organisation)
        .orderBy('name')
        .orderBy('createdAt')
        .orderBy('revision')
        .execute();
      return rows.map(revisionOfRow);
    },
    defaults: (organisation) =>
      tables
        .selectFrom('function_defaults')
        .select(['name', 'revision', 'previous'])
        .where('organisation', '=', organisation)
        .orderBy('name')
        .execute(),
    switch: (organisation, name, revision) => write((own) => makeDefault(own, organisation, name, () => revision)),
    rollBack: (organisation, name) => write((own) => makeDefault(own, organisation, name, ({ previous }) => previous)),
  };
}

async function addRevision(
  tables: Kysely<Tables>,
  revision: FunctionRevision,
  sealed: Uint8Array | null,
  limit: number,
): ReturnType<Functions['add']> {
  const { organisation, name } = revision;
  const found = await findRevision(tables, organisation, name, revision.revision);
  if (found) return { outcome: 'existing', existing: found.revision, sealed: found.sealed };
  const { count } = await tables
    .selectFrom('functions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organisation', '=', organisation)
    .executeTakeFirstOrThrow();
  if (Number(count) >= limit) return { outcome: 'full' };
  await tables.insertInto('functions').values(rowOfRevision(revision, sealed)).execute();
  await tables
    .insertInto('function_defaults')
    .values({ organisation, name, revision: revision.revision, previous: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return { outcome: 'added' };
}

async function findRevision(tables: Kysely<Tables>, organisation: string, name: string, revision?: string): ReturnType<Functions['find']> {
  const wanted = revision ?? (await defaultOf(tables, organisation, name))?.revision;
  if (wanted === undefined) return null;
  const row = await tables
    .selectFrom('functions')
    .selectAll()
    .where('organisation', '=', organisation)
    .where('name', '=', name)
    .where('revision', '=', wanted)
    .executeTakeFirst();
  return row ? { revision: revisionOfRow(row), sealed: row.sealed } : null;
}

function defaultOf(tables: Kysely<Tables>, organisation: string, name: string): Promise<DefaultRevision | undefined> {
  return tables
    .selectFrom('function_defaults')
    .select(['name', 'revision', 'previous'])
    .where('organisation', '=', organisation)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** A default that is chosen again keeps the one before it. */
async function makeDefault(
  tables: Kysely<Tables>,
  organisation: string,
  name: string,
  choose: (now: DefaultRevision) => string | null,
): Promise<DefaultRevision | null> {
  const now = await defaultOf(tables, organisation, name);
  const revision = now ? choose(now) : null;
  if (!now || revision === null || !(await findRevision(tables, organisation, name, revision))) return null;
  if (revision === now.revision) return now;
  const next = { revision, previous: now.revision };
  await tables.updateTable('function_defaults').set(next).where('organisation', '=', organisation).where('name', '=', name).execute();
  return { name, ...next };
}
