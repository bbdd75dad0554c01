import { sql, type Kysely } from 'kysely';
import { MayflyError } from '../../errors.js';
import { dollars } from '../../spec/units.js';
import { costFor, monthOf, toDollars } from '../money.js';
import type { Run } from '../run.js';
import type { Tables } from './schema.js';

// Attempts that live have reserved their highest cost. The real cost of those that have ended is summed by month, since runs are removed
// before their month is over.

/** Millionths of a US dollar that an organisation has spent in a month, with all that is reserved now. */
export async function spentIn(tables: Kysely<Tables>, organisation: string, month: string): Promise<number> {
  const reserved = await tables
    .selectFrom('attempts')
    .select(({ fn }) => fn.sum<number | null>('cost').as('sum'))
    .where('organisation', '=', organisation)
    .where('endedAt', 'is', null)
    .where('cost', '>', sql.lit(0))
    .executeTakeFirst();
  const ended = await tables
    .selectFrom('spent')
    .select('cost')
    .where('organisation', '=', organisation)
    .where('month', '=', month)
    .executeTakeFirst();
  return Number(reserved?.sum ?? 0) + (ended?.cost ?? 0);
}

/** @throws MayflyError `limit_exceeded`, which undoes the change, if more than the budget is spent and reserved */
export async function assertWithin(tables: Kysely<Tables>, run: Run, at: number, budget: number): Promise<void> {
  const month = monthOf(at);
  const spent = await spentIn(tables, run.organisation, month);
  if (spent <= budget) return;
  throw new MayflyError('limit_exceeded', {
    place: { path: run.id },
    cause: `${dollars(toDollars(spent))} would be spent or reserved in ${month}, and the budget of ${run.organisation} is ${dollars(toDollars(budget))}`,
    remedy: 'wait until workers have ended, or for the next month',
  });
}

/**
 * Replaces the reservation of an attempt that has ended by its real cost, for the time since its placement by the service's clock. A worker
 * that disappeared without a record of its end may live on where no list shows it: its reservation stays spent.
 */
export async function settle(tables: Kysely<Tables>, run: Run, number: number, at: number): Promise<void> {
  const attempt = await tables
    .selectFrom('attempts')
    .select(['price', 'cost'])
    .where('run', '=', run.id)
    .where('number', '=', number)
    .executeTakeFirst();
  if (!attempt?.cost) return;
  const real = costFor(at - (run.lastTryAt ?? at), attempt.price);
  const cost = run.reason === 'end_unknown' ? attempt.cost : Math.min(attempt.cost, real);
  await tables.updateTable('attempts').set({ cost }).where('run', '=', run.id).where('number', '=', number).execute();
  await tables
    .insertInto('spent')
    .values({ organisation: run.organisation, month: monthOf(at), cost })
    .onConflict((conflict) =>
      conflict.columns(['organisation', 'month']).doUpdateSet(({ ref }) => ({ cost: sql`${ref('spent.cost')} + ${cost}` })),
    )
    .execute();
}
