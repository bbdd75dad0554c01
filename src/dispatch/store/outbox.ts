import type { Kysely } from 'kysely';
import { v5 } from 'uuid';
import { bodyOf, type Callback } from '../callbacks/callback.js';
import { rowOfDelivery, webhookTypesOf } from './rows.js';
import type { Tables } from './schema.js';

/**
 * Adds a delivery for each webhook that gets the callback, for use in the transaction of its event. The id of a delivery is made from the
 * event and from the webhook's random id, so a repeated transaction makes the same one.
 *
 * @param callback `null`: the event has none
 * @param sequence of the event
 */
export async function queueCallback(tables: Kysely<Tables>, callback: Callback | null, sequence: number): Promise<void> {
  if (callback === null) return;
  const { type, at, run } = callback;
  const webhooks = await tables
    .selectFrom('webhooks')
    .select(['id', 'types', 'disabled'])
    .where('organisation', '=', run.organisation)
    .execute();
  const deliveries = webhooks
    .filter(({ types, disabled }) => disabled === null && (webhookTypesOf(types)?.includes(type) ?? true))
    .map(({ id: webhook }) =>
      rowOfDelivery({
        ...{ id: `msg_${v5(`${run.id} ${sequence} ${at}`, webhook)}`, webhook, type, run: run.id, attempt: run.attempt },
        ...{ body: bodyOf(callback), createdAt: at, state: 'pending', failures: 0, nextAt: at, tries: [] },
      }),
    );
  if (deliveries.length > 0) await tables.insertInto('deliveries').values(deliveries).execute();
}
