import { sql, type Kysely } from 'kysely';
import { MayflyError } from '../../errors.js';
import { isFinal, type Run } from '../run.js';
import { runOfRow } from './rows.js';
import type { Tables } from './schema.js';
import type { RunQuery } from './store.js';
import { nextTurn } from './turn.js';

/** Rows that one statement reads at most: a filter that few runs match makes many statements, and no long one. */
const most = 1000;

/** A place in the order of pages. */
export interface Position {
  createdAt: number;
  id: string;
}

/** The fields of a run that filters look at. */
interface Candidate extends Position {
  organisation: string;
  state: string;
  name: string;
  primary: string | null;
  labels: string;
}

/**
 * A page of runs, newest first.
 *
 * @throws MayflyError `usage` if `after` is not the `next` of an earlier page
 */
export async function pageOfRuns(tables: Kysely<Tables>, query: RunQuery): Promise<{ runs: Run[]; next: string | null }> {
  const found: Position[] = [];
  // One more than the page has, which is whether another page follows.
  const wanted = query.limit + 1;
  let read = Math.min(wanted, most);
  for (let after = query.after === undefined ? null : parsePosition(query.after); ; read = most) {
    const candidates: Candidate[] = await candidatesAfter(tables, query, after, read);
    found.push(...candidates.filter((candidate) => matches(candidate, query)));
    after = candidates.at(-1) ?? null;
    if (found.length >= wanted || candidates.length < read) break;
    await nextTurn();
  }
  const page = found.slice(0, query.limit);
  return { runs: await load(tables, page), next: found.length > page.length && page.length > 0 ? formatPosition(page.at(-1)!) : null };
}

/** The next rows of the narrowest index that a filter has. */
function candidatesAfter(tables: Kysely<Tables>, query: RunQuery, after: Position | null, read: number): Promise<Candidate[]> {
  const unfinished = query.states?.every((state) => !isFinal(state)) ?? false;
  const [label] = Object.entries(query.labels ?? {});
  if (label && !unfinished) return candidatesOfLabel(tables, label, after, read);
  return tables
    .selectFrom('runs')
    .select(['id', 'createdAt', 'organisation', 'state', 'name', 'primary', 'labels'])
    .$if(unfinished, (select) => select.where('final', '=', sql.lit(0)))
    .$if(!unfinished && query.name !== undefined, (select) => select.where('name', '=', query.name!))
    .$if(!unfinished && query.name === undefined && query.organisation !== undefined, (select) =>
      select.where('organisation', '=', query.organisation!),
    )
    .$if(after !== null, (select) =>
      select.where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '<', tuple(after!.createdAt, after!.id))),
    )
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(read)
    .execute();
}

function candidatesOfLabel(
  tables: Kysely<Tables>,
  [key, value]: [string, string],
  after: Position | null,
  read: number,
): Promise<Candidate[]> {
  return tables
    .selectFrom('labels')
    .innerJoin('runs', 'runs.id', 'labels.run')
    .select(['runs.id', 'runs.createdAt', 'runs.organisation', 'runs.state', 'runs.name', 'runs.primary', 'runs.labels'])
    .where('labels.key', '=', key)
    .where('labels.value', '=', value)
    .$if(after !== null, (select) =>
      select.where(({ eb, refTuple, tuple }) => eb(refTuple('labels.createdAt', 'labels.run'), '<', tuple(after!.createdAt, after!.id))),
    )
    .orderBy('labels.createdAt', 'desc')
    .orderBy('labels.run', 'desc')
    .limit(read)
    .execute();
}

function matches(candidate: Candidate, { organisation, states, name, labels }: RunQuery): boolean {
  if (organisation !== undefined && candidate.organisation !== organisation) return false;
  if (states && !(states as readonly string[]).includes(candidate.state)) return false;
  // A stealer has the name of the spec, and is no run that anybody asked for.
  if (name !== undefined && (candidate.name !== name || candidate.primary !== null)) return false;
  if (!labels) return true;
  const own = JSON.parse(candidate.labels) as Record<string, string>;
  return Object.entries(labels).every(([key, value]) => own[key] === value);
}

async function load(tables: Kysely<Tables>, page: readonly Position[]): Promise<Run[]> {
  if (page.length === 0) return [];
  const rows = await tables
    .selectFrom('runs')
    .selectAll()
    .where(
      'id',
      'in',
      page.map(({ id }) => id),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return page.map(({ id }) => runOfRow(byId.get(id)!));
}

/** Runs without a final state, oldest first, a page at a time: the reader may write meanwhile. */
export async function* unfinishedRuns(tables: Kysely<Tables>, size = 200): AsyncIterable<Run> {
  let after: Position = { createdAt: -1, id: '' };
  while (true) {
    const rows = await tables
      .selectFrom('runs')
      .selectAll()
      .where('final', '=', sql.lit(0))
      .where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '>', tuple(after.createdAt, after.id)))
      .orderBy('createdAt')
      .orderBy('id')
      .limit(size)
      .execute();
    yield* rows.map(runOfRow);
    if (rows.length < size) return;
    after = rows.at(-1)!;
    await nextTurn();
  }
}

export function formatPosition({ createdAt, id }: Position): string {
  return `${createdAt}_${id}`;
}

/** @throws MayflyError `usage` for a text that no page has returned */
export function parsePosition(text: string): Position {
  const [, createdAt, id] = /^(\d{1,15})_(\S+)$/.exec(text) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new MayflyError('usage', {
      cause: `the cursor ${JSON.stringify(text)} is not one of an earlier page`,
      remedy: 'begin with the first page',
    });
  }
  return { createdAt: Number(createdAt), id };
}
