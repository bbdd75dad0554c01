import type { Kysely } from 'kysely';
import type { Resources } from '../../spec/worker-spec.js';
import type { Tables } from './schema.js';
import type { Usage } from './store.js';
import { nextTurn } from './turn.js';

/** Attempts that one statement reads. */
const size = 200;

/**
 * Attempts that lived within a time. Those without an end are read first, and are not repeated if they end meanwhile.
 */
export async function* usageWithin(tables: Kysely<Tables>, { from, to }: { from: number; to: number }): AsyncIterable<Usage> {
  const read = new Set<string>();
  for await (const usage of livingAttempts(tables)) {
    read.add(keyOf(usage));
    if (usage.startedAt < to) yield usage;
  }
  for await (const usage of endedAttempts(tables, from)) if (usage.startedAt < to && !read.has(keyOf(usage))) yield usage;
}

async function* livingAttempts(tables: Kysely<Tables>): AsyncIterable<Usage> {
  let after = { run: '', number: 0 };
  while (true) {
    const rows = await attempts(tables)
      .where('endedAt', 'is', null)
      .where(({ eb, refTuple, tuple }) => eb(refTuple('attempts.run', 'attempts.number'), '>', tuple(after.run, after.number)))
      .orderBy('attempts.run')
      .orderBy('attempts.number')
      .execute();
    yield* rows.map(usageOf);
    if (rows.length < size) return;
    after = rows.at(-1)!;
    await nextTurn();
  }
}

async function* endedAttempts(tables: Kysely<Tables>, from: number): AsyncIterable<Usage> {
  let after = { endedAt: from, run: '', number: 0 };
  while (true) {
    const rows = await attempts(tables)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('attempts.endedAt', 'attempts.run', 'attempts.number'), '>', tuple(after.endedAt, after.run, after.number)),
      )
      .orderBy('attempts.endedAt')
      .orderBy('attempts.run')
      .orderBy('attempts.number')
      .execute();
    yield* rows.map(usageOf);
    const last = rows.at(-1);
    if (rows.length < size || !last) return;
    after = { ...last, endedAt: last.endedAt! };
    await nextTurn();
  }
}

function attempts(tables: Kysely<Tables>) {
  return tables
    .selectFrom('attempts')
    .innerJoin('runs', 'runs.id', 'attempts.run')
    .select(['attempts.run', 'attempts.number', 'attempts.node', 'attempts.startedAt', 'attempts.readyAt', 'attempts.endedAt'])
    .select(['attempts.price', 'attempts.cost'])
    .select(['runs.organisation', 'runs.labels', 'runs.asks'])
    .limit(size);
}

function usageOf({ labels, asks, ...plain }: Omit<Usage, 'labels' | 'asks'> & { labels: string; asks: string }): Usage {
  return { ...plain, labels: JSON.parse(labels), asks: JSON.parse(asks) as Resources };
}

function keyOf({ run, number }: Pick<Usage, 'run' | 'number'>): string {
  return `${run} ${number}`;
}
