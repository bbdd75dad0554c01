import { sql, type Kysely } from 'kysely';
import { afterTry } from '../callbacks/schedule.js';
import type { Delivery, DeliveryQuery, Outcome, Webhook, Webhooks } from '../callbacks/webhook.js';
import { insertEvent } from './changes.js';
import type { Database } from './database.js';
import { formatPosition, parsePosition } from './pages.js';
import { deliveryOfRow, rowOfDelivery, rowOfWebhook, rowOfWebhookChange, webhookOfRow } from './rows.js';
import type { Tables } from './schema.js';
import { nextTurn } from './turn.js';

/** Deliveries that one call deletes. */
const most = 200;

export function webhooksIn({ tables, write }: Pick<Database, 'tables' | 'write'>): Webhooks {
  return {
    add: (webhook, limit) => write((own) => addWebhook(own, webhook, limit)),
    async find(id) {
      const row = await tables.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? webhookOfRow(row) : null;
    },
    async list(organisation) {
      const rows = await tables
        .selectFrom('webhooks')
        .selectAll()
        .$if(organisation !== undefined, (select) => select.where('organisation', '=', organisation!))
        .orderBy('createdAt')
        .orderBy('id')
        .execute();
      return rows.map(webhookOfRow);
    },
    change: (id, change) =>
      write(async (own) => {
        const row = await own
          .updateTable('webhooks')
          .set(rowOfWebhookChange(change))
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        return row ? webhookOfRow(row) : null;
      }),
    async remove(id) {
      await write((own) => own.updateTable('webhooks').set({ disabled: 'asked' }).where('id', '=', id).execute());
      // One statement for all of them would hold everything up.
      while ((await write((own) => removeSome(own, id))) > 0) await nextTurn();
      return write(async (own) => {
        await removeSome(own, id);
        const { numDeletedRows } = await own.deleteFrom('webhooks').where('id', '=', id).executeTakeFirstOrThrow();
        return numDeletedRows > 0n;
      });
    },
    async addDelivery(delivery) {
      await write((own) => own.insertInto('deliveries').values(rowOfDelivery(delivery)).execute());
    },
    async delivery(id) {
      const row = await tables.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? deliveryOfRow(row) : null;
    },
    deliveries: (query) => pageOfDeliveries(tables, query),
    async pending(webhook, limit) {
      const rows = await tables
        .selectFrom('deliveries')
        .selectAll()
        .where('webhook', '=', webhook)
        .where('state', '=', sql.lit('pending'))
        .orderBy('nextAt')
        .limit(limit)
        .execute();
      return rows.map(deliveryOfRow);
    },
    async countPending() {
      const { count } = await tables
        .selectFrom('deliveries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('state', '=', sql.lit('pending'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    tried: (id, outcome) => write((own) => storeTry(own, id, outcome)),
    redeliver: (id, at) =>
      write(async (own) => {
        const row = await own
          .updateTable('deliveries')
          .set({ state: 'pending', failures: 0, nextAt: at })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        return row ? deliveryOfRow(row) : null;
      }),
    removeDeliveries: (before) => write((own) => removeDeliveries(own, before)),
  };
}

async function addWebhook(tables: Kysely<Tables>, webhook: Webhook, limit: number): Promise<boolean> {
  const { count } = await tables
    .selectFrom('webhooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organisation', '=', webhook.organisation)
    .executeTakeFirstOrThrow();
  if (Number(count) >= limit) return false;
  await tables.insertInto('webhooks').values(rowOfWebhook(webhook)).execute();
  return true;
}

/** See `Webhooks.tried`. */
async function storeTry(tables: Kysely<Tables>, id: string, outcome: Outcome): Promise<Webhook | null> {
  const row = await tables.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return null;
  const before = await tables.selectFrom('webhooks').selectAll().where('id', '=', row.webhook).executeTakeFirstOrThrow();
  const webhook = webhookOfRow(before);
  const after = afterTry(deliveryOfRow(row), webhook, outcome);
  const { tries, ...columns } = after.delivery;
  await tables
    .updateTable('deliveries')
    .set({ ...columns, tries: JSON.stringify(tries) })
    .where('id', '=', id)
    .execute();
  await tables.updateTable('webhooks').set(after.webhook).where('id', '=', webhook.id).execute();
  const { disabled } = after.webhook;
  if (disabled !== null && webhook.disabled === null && row.run !== null)
    await addToRun(tables, row.run, { at: outcome.at + outcome.ms, webhook: webhook.id, reason: disabled });
  return { ...webhook, ...after.webhook };
}

/** The run may have been removed since. */
async function addToRun(
  tables: Kysely<Tables>,
  id: string,
  { at, webhook, reason }: { at: number; webhook: string; reason: string },
): Promise<void> {
  const run = await tables.selectFrom('runs').select('attempt').where('id', '=', id).executeTakeFirst();
  if (run) await insertEvent(tables, id, run.attempt, { at, type: 'webhook_disabled', data: { webhook, reason } });
}

async function pageOfDeliveries(
  tables: Kysely<Tables>,
  { webhook, state, after, limit }: DeliveryQuery,
): Promise<{ deliveries: Delivery[]; next: string | null }> {
  const position = after === undefined ? null : parsePosition(after);
  const rows = await tables
    .selectFrom('deliveries')
    .selectAll()
    .where('webhook', '=', webhook)
    .$if(state !== undefined, (select) => select.where('state', '=', state!))
    .$if(position !== null, (select) =>
      select.where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '<', tuple(position!.createdAt, position!.id))),
    )
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  return { deliveries: page.map(deliveryOfRow), next: rows.length > limit ? formatPosition(page.at(-1)!) : null };
}

async function removeDeliveries(tables: Kysely<Tables>, before: number): Promise<number> {
  const rows = await tables
    .selectFrom('deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'deliveries.webhook')
    .select('deliveries.id')
    .where('deliveries.createdAt', '<', before)
    .where(({ or, eb }) => or([eb('deliveries.state', '!=', 'pending'), eb('webhooks.disabled', 'is not', null)]))
    .limit(most)
    .execute();
  return removeRows(tables, rows);
}

/** Deletes deliveries of a webhook. @returns their number */
async function removeSome(tables: Kysely<Tables>, webhook: string): Promise<number> {
  return removeRows(tables, await tables.selectFrom('deliveries').select('id').where('webhook', '=', webhook).limit(most).execute());
}

async function removeRows(tables: Kysely<Tables>, rows: readonly { id: string }[]): Promise<number> {
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await tables.deleteFrom('deliveries').where('id', 'in', ids).execute();
  return ids.length;
}
