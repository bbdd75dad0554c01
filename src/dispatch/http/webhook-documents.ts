import { iso, isoOrNull } from '../iso.js';
import * as z from 'zod';
import { callbackTypes } from '../callbacks/callback.js';
import { type Delivery, deliveryStates, disabledReasons, testType, type Webhook } from '../callbacks/webhook.js';

const time = z.iso.datetime();

export const webhookTypes = z.array(z.enum(callbackTypes)).min(1).nullable().meta({ description: 'The callbacks that it gets; null: all' });

export const webhookDocument = z
  .object({
    id: z.uuid(),
    organisation: z.string(),
    url: z.string(),
    types: webhookTypes,
    enabled: z.boolean(),
    disabled: z.enum(disabledReasons).nullable().meta({ description: 'Why it gets nothing' }),
    failing_since: time.nullable().meta({ description: 'The first failed try since the last one with success' }),
    previous_secret_until: time.nullable().meta({ description: 'The secret before the last rotation signs too, until then' }),
    created: time,
  })
  .meta({ id: 'Webhook' });

/** With the only copy of its secret. */
export const webhookWithSecret = webhookDocument
  .extend({ secret: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewWebhook' });

export const deliveryDocument = z
  .object({
    id: z.string().meta({ description: 'The `webhook-id` of all its tries' }),
    type: z.enum([...callbackTypes, testType]),
    run: z.uuid().nullable(),
    attempt: z.int(),
    state: z.enum(deliveryStates),
    created: time,
    next_try: time.nullable(),
    tries: z.array(z.object({ at: time, ms: z.number(), status: z.int().nullable(), error: z.string().nullable() })).meta({
      description: 'The last ones, the oldest first. `status`: null: no answer',
    }),
  })
  .meta({ id: 'Delivery' });

export function toWebhookDocument(webhook: Webhook, now: number): z.infer<typeof webhookDocument> {
  const { id, organisation, url, types, disabled, failingSince, previousUntil, createdAt } = webhook;
  return {
    ...{ id, organisation, url, types: types && [...types], enabled: disabled === null, disabled },
    failing_since: isoOrNull(failingSince),
    previous_secret_until: previousUntil === null || previousUntil <= now ? null : iso(previousUntil),
    created: iso(createdAt),
  };
}

export function toDeliveryDocument({
  id,
  type,
  run,
  attempt,
  state,
  createdAt,
  nextAt,
  tries,
}: Delivery): z.infer<typeof deliveryDocument> {
  return {
    ...{ id, type, run, attempt, state, created: iso(createdAt), next_try: isoOrNull(nextAt) },
    tries: tries.map((one) => ({ ...one, at: iso(one.at) })),
  };
}
