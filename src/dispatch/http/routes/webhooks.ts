import { v4 } from 'uuid';
import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import type { WebhookSecrets } from '../../callbacks/secrets.js';
import type { Sender } from '../../callbacks/sender.js';
import { type Reach, webhookUrl } from '../../callbacks/url.js';
import { type Delivery, deliveryStates, testType, type Webhook, type WebhookChange, type Webhooks } from '../../callbacks/webhook.js';
import { duration } from '../../settings/fields.js';
import type { Token } from '../../store/store.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';
import {
  deliveryDocument,
  toDeliveryDocument,
  toWebhookDocument,
  webhookDocument,
  webhookTypes,
  webhookWithSecret,
} from '../webhook-documents.js';

export interface WebhookRouteParts {
  webhooks: Webhooks;
  sender: Pick<Sender, 'look'>;
  secrets: WebhookSecrets;
  reach: Reach;
  clock: Pick<Clock, 'now'>;
}

/** The most webhooks of an organisation. */
const most = 20;

const failed = { 400: errorDocument, 401: errorDocument, 403: errorDocument };
const found = { 404: errorDocument, ...failed };
const url = z.string().max(2000);

/** Webhooks of an organisation, for its administrators: a URL may hold a secret of its receiver. */
export function webhookRoutes({ webhooks, sender, secrets, reach, clock }: WebhookRouteParts): Route[] {
  const own = async (token: Token, id: string | undefined): Promise<Webhook> => {
    const webhook = id === undefined ? null : await webhooks.find(id);
    if (webhook?.organisation !== token.organisation) throw unknown('webhook', id, 'see GET /v1/webhooks');
    return webhook;
  };
  const change = async ({ id }: Webhook, to: WebhookChange): Promise<Webhook> => {
    const changed = await webhooks.change(id, to);
    if (!changed) throw unknown('webhook', id, 'see GET /v1/webhooks');
    sender.look(changed);
    return changed;
  };
  const toDocument = (webhook: Webhook) => toWebhookDocument(webhook, clock.now());
  return [
    route({
      method: 'post',
      path: '/v1/webhooks',
      summary: 'Send callbacks of the organisation to a URL. The answer is the only copy of the secret that signs them',
      scope: 'admin',
      body: z.strictObject({ url, types: webhookTypes.default(null) }),
      replies: { 201: webhookWithSecret, 409: errorDocument, ...failed },
      async handle({ token: { organisation }, body }) {
        const id = v4();
        const { text, sealed } = secrets.draw(id);
        const webhook: Webhook = {
          ...{ id, organisation, url: webhookUrl(body.url, reach), types: body.types, secret: sealed, createdAt: clock.now() },
          ...{ previous: null, previousUntil: null, failingSince: null, disabled: null },
        };
        if (!(await webhooks.add(webhook, most))) throw tooMany(organisation);
        sender.look(webhook);
        return { status: 201, body: { ...toDocument(webhook), secret: text } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/webhooks',
      summary: 'Webhooks of the organisation, the oldest first',
      scope: 'admin',
      replies: { 200: z.object({ webhooks: z.array(webhookDocument) }), ...failed },
      async handle({ token: { organisation } }) {
        return { status: 200, body: { webhooks: (await webhooks.list(organisation)).map(toDocument) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/webhooks/:id',
      summary: 'One webhook',
      scope: 'admin',
      replies: { 200: webhookDocument, ...found },
      async handle({ token, params }) {
        return { status: 200, body: toDocument(await own(token, params['id'])) };
      },
    }),
    route({
      method: 'patch',
      path: '/v1/webhooks/:id',
      summary: 'Change a webhook, or enable it again',
      scope: 'admin',
      body: z.strictObject({ url: url.optional(), types: webhookTypes.optional(), enabled: z.boolean().optional() }),
      replies: { 200: webhookDocument, ...found },
      async handle({ token, params, body }) {
        const webhook = await own(token, params['id']);
        const enabled = body.enabled === undefined ? {} : enabling(webhook, body.enabled);
        const to: WebhookChange = {
          ...(body.url !== undefined && { url: webhookUrl(body.url, reach) }),
          ...(body.types !== undefined && { types: body.types }),
          ...enabled,
        };
        return { status: 200, body: toDocument(Object.keys(to).length === 0 ? webhook : await change(webhook, to)) };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/webhooks/:id',
      summary: 'Delete a webhook with its deliveries',
      scope: 'admin',
      replies: { 200: webhookDocument, ...found },
      async handle({ token, params }) {
        const webhook = await own(token, params['id']);
        await webhooks.remove(webhook.id);
        sender.look(webhook);
        return { status: 200, body: toDocument(webhook) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/webhooks/:id/rotate',
      summary: 'Make a new secret. The earlier one signs too, for a time',
      scope: 'admin',
      body: z.strictObject({
        keep: duration({ least: '1s' }).prefault('1d').meta({ description: 'How long the earlier secret signs too' }),
      }),
      replies: { 200: webhookWithSecret, ...found },
      async handle({ token, params, body }) {
        const webhook = await own(token, params['id']);
        const { text, sealed } = secrets.draw(webhook.id);
        const to = { secret: sealed, previous: webhook.secret, previousUntil: clock.now() + body.keep };
        return { status: 200, body: { ...toDocument(await change(webhook, to)), secret: text } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/webhooks/:id/test',
      summary: 'Send a delivery of the type `webhook.test`',
      scope: 'admin',
      replies: { 202: deliveryDocument, 409: errorDocument, ...found },
      async handle({ token, params }) {
        const webhook = await own(token, params['id']);
        assertEnabled(webhook);
        const delivery = testDelivery(webhook, clock.now());
        await webhooks.addDelivery(delivery);
        sender.look(webhook);
        return { status: 202, body: toDeliveryDocument(delivery) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/webhooks/:id/deliveries',
      summary: 'Deliveries to a webhook with their tries, the newest first',
      scope: 'admin',
      query: z.object({
        state: z.enum(deliveryStates).optional(),
        after: z.string().optional().meta({ description: '`next` of an earlier answer' }),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
      replies: { 200: z.object({ deliveries: z.array(deliveryDocument), next: z.string().nullable() }), ...found },
      async handle({ token, params, query }) {
        const { id } = await own(token, params['id']);
        const { deliveries, next } = await webhooks.deliveries({ webhook: id, ...query });
        return { status: 200, body: { deliveries: deliveries.map(toDeliveryDocument), next } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/webhooks/:id/deliveries/:delivery/redeliver',
      summary: 'Send a delivery again, now and by a new schedule, with the same `webhook-id`',
      scope: 'admin',
      replies: { 202: deliveryDocument, 409: errorDocument, ...found },
      async handle({ token, params }) {
        const webhook = await own(token, params['id']);
        assertEnabled(webhook);
        const id = params['delivery']!;
        const delivery = await webhooks.delivery(id);
        const again = delivery?.webhook === webhook.id ? await webhooks.redeliver(id, clock.now()) : null;
        if (!again) throw unknown('delivery', id, 'see GET /v1/webhooks/ID/deliveries');
        sender.look(webhook);
        return { status: 202, body: toDeliveryDocument(again) };
      },
    }),
  ];
}

/** A day of failures begins again when a person enables it. */
function enabling({ disabled }: Webhook, enabled: boolean): WebhookChange {
  if (!enabled) return { disabled: disabled ?? 'asked' };
  return disabled === null ? {} : { disabled: null, failingSince: null };
}

function testDelivery({ id: webhook, organisation }: Webhook, now: number): Delivery {
  return {
    ...{ id: `msg_${v4()}`, webhook, type: testType, run: null, attempt: 0 },
    body: JSON.stringify({ type: testType, timestamp: new Date(now).toISOString(), data: { webhook, organisation } }),
    ...{ createdAt: now, state: 'pending', failures: 0, nextAt: now, tries: [] },
  };
}

function assertEnabled({ id, disabled }: Webhook): void {
  if (disabled === null) return;
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: `the webhook is disabled (${disabled})`,
    remedy: 'enable it first: PATCH /v1/webhooks/ID {"enabled": true}',
  });
}

function tooMany(organisation: string): MayflyError {
  return new MayflyError('limit_exceeded', {
    place: { path: organisation },
    cause: `the organisation has ${most} webhooks already`,
    remedy: 'delete one, or let one receiver pass callbacks on',
  });
}

function unknown(thing: string, id: string | undefined, remedy: string): MayflyError {
  return new MayflyError('not_found', { place: { path: id ?? '' }, cause: `there is no ${thing} with this id`, remedy });
}
