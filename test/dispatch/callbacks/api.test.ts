import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { callbacks } from './scene.js';
import type { Received } from './receivers.js';

const url = 'https://ci.example.com/mayfly';

afterEach(() => {
  vi.useRealTimers();
});

/** Whether a receiver with a secret accepts a request, by the time of the request. */
function verifies({ body, headers, at }: Received, secret: string): boolean {
  vi.useFakeTimers({ toFake: ['Date'], now: at });
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  } finally {
    vi.useRealTimers();
  }
}

test('a webhook is made, shown without its secret, changed, tested and deleted', async () => {
  const { ask, received, deliveries } = await callbacks();
  const made = await ask('/v1/webhooks', { body: { url: `${url}#part`, types: ['run.failed'] } });
  const shown = {
    ...{ id: expect.any(String), organisation: 'team', url, types: ['run.failed'], enabled: true, disabled: null },
    ...{ failing_since: null, previous_secret_until: null, created: '2026-01-01T00:00:00.000Z' },
  };
  expect([made.status, made.body]).toEqual([201, { ...shown, secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) }]);
  const { id, secret } = made.body as { id: string; secret: string };
  expect((await ask('/v1/webhooks')).body).toEqual({ webhooks: [{ ...shown, id }] });
  expect((await ask(`/v1/webhooks/${id}`)).body).toEqual({ ...shown, id });
  const patched = await ask(`/v1/webhooks/${id}`, { method: 'PATCH', body: { url: 'https://new.example.com', types: null } });
  expect(patched.body).toEqual({ ...shown, id, url: 'https://new.example.com/', types: null });
  const tested = await ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
  expect([tested.status, tested.body]).toMatchObject([202, { type: 'webhook.test', run: null, state: 'pending', tries: [] }]);
  expect(received).toMatchObject([
    { url: 'https://new.example.com/', message: { type: 'webhook.test', data: { webhook: id, organisation: 'team' } } },
  ]);
  expect(received[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'mayfly/test' });
  expect(verifies(received[0]!, secret)).toBe(true);
  expect(await deliveries(id)).toEqual([
    {
      ...{ id: received[0]!.headers['webhook-id'], type: 'webhook.test', run: null, attempt: 0, state: 'delivered' },
      ...{ created: '2026-01-01T00:00:00.000Z', next_try: null },
      tries: [{ at: '2026-01-01T00:00:00.000Z', ms: 0, status: 204, error: null }],
    },
  ]);
  expect((await ask(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(200);
  for (const path of ['', '/deliveries']) expect((await ask(`/v1/webhooks/${id}${path}`)).status).toBe(404);
});

test('while a secret is rotated, the earlier one verifies too, for the time that was asked for', async () => {
  const { hook, ask, received, clock, directory } = await callbacks();
  const { id, secret } = await hook(url);
  const rotated = (await ask(`/v1/webhooks/${id}/rotate`, { body: { keep: '1h' } })).body as {
    secret: string;
    previous_secret_until: string;
  };
  expect(rotated.previous_secret_until).toBe('2026-01-01T01:00:00.000Z');
  const send = () => ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
  await send();
  await clock.jump(3_600_000);
  await send();
  const valid = received.map((one) => [secret, rotated.secret].map((text) => verifies(one, text)));
  expect(valid).toEqual([
    [true, true],
    [false, true],
  ]);
  expect((await ask(`/v1/webhooks/${id}`)).body).toMatchObject({ previous_secret_until: null });
  const files = readdirSync(directory).filter((name) => /\.db(-wal)?$/.test(name));
  const bytes = files.map((name) => readFileSync(join(directory, name), 'latin1')).join('');
  expect(bytes).toContain(url);
  for (const text of [secret, rotated.secret]) expect(bytes).not.toContain(text.slice(6));
});

test('a delivery is sent again by hand with its id, and a disabled webhook is refused', async () => {
  const { hook, ask, received, react, deliveries } = await callbacks();
  const { id } = await hook(url);
  react(url, 410);
  await ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
  expect((await ask(`/v1/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabled: 'gone' });
  const [{ id: delivery } = { id: '' }] = await deliveries(id, '?state=failed');
  const again = () => ask(`/v1/webhooks/${id}/deliveries/${delivery}/redeliver`, { method: 'POST' });
  expect(await again()).toMatchObject({ status: 409, body: { error: { code: 'not_possible' } } });
  expect((await ask(`/v1/webhooks/${id}/test`, { method: 'POST' })).status).toBe(409);
  await ask(`/v1/webhooks/${id}`, { method: 'PATCH', body: { enabled: true } });
  react(url, 200);
  for (const _ of [1, 2]) expect((await again()).status).toBe(202);
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([delivery, delivery, delivery]);
  expect((await deliveries(id))[0]).toMatchObject({ state: 'delivered', tries: [{ status: 410 }, { status: 200 }, { status: 200 }] });
});

test('a webhook is seen and changed by administrators of its organisation alone', async () => {
  const { hook, ask, tokenOf, deliveries } = await callbacks();
  const { id } = await hook(url);
  await ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
  const [{ id: delivery } = { id: '' }] = await deliveries(id);
  const requests: [string, string][] = [
    ...([
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as [string, string][]),
    ['POST', `/deliveries/${delivery}/redeliver`],
  ];
  for (const [organisation, scope, status] of [
    ['others', 'admin', 404],
    ['default', 'admin', 404],
    ['team', 'submit', 403],
  ] as const) {
    const token = await tokenOf(organisation, scope);
    for (const [method, path] of requests)
      expect([method, path, (await ask(`/v1/webhooks/${id}${path}`, { method, token })).status]).toEqual([method, path, status]);
    const list = await ask('/v1/webhooks', { token });
    expect(list).toMatchObject(status === 404 ? { status: 200, body: { webhooks: [] } } : { status });
  }
  // A delivery of another webhook of the same organisation.
  const other = await hook('https://other.example.com');
  expect((await ask(`/v1/webhooks/${other.id}/deliveries/${delivery}/redeliver`, { method: 'POST' })).status).toBe(404);
});

test('what is wrong in a webhook is refused with the reason', async () => {
  const { ask } = await callbacks();
  const cases: [unknown, string][] = [
    [{ url: 'https://10.0.0.1/' }, 'has the address 10.0.0.1, which is not public'],
    [{ url: 'http://ci.example.com/' }, 'has the protocol http'],
    [{ url, types: ['run.started'] }, 'run.access'],
    [{ url, types: [] }, 'types'],
  ];
  for (const [body, reason] of cases)
    expect(await ask('/v1/webhooks', { body })).toMatchObject({ status: 400, text: expect.stringContaining(reason) });
});

test('a network and http are allowed by the settings, and 20 webhooks an organisation', async () => {
  const webhooks = { ...defaultDispatchSettings.webhooks, networks: ['10.0.0.0/8'], http: true };
  const { hook, ask, tokenOf } = await callbacks({ settings: { ...defaultDispatchSettings, webhooks } });
  for (let count = 0; count < 20; count += 1) await hook(`http://10.0.0.1/${count}`);
  expect(await ask('/v1/webhooks', { body: { url } })).toMatchObject({ status: 409, body: { error: { code: 'limit_exceeded' } } });
  expect((await ask('/v1/webhooks', { token: await tokenOf('others', 'admin'), body: { url } })).status).toBe(201);
});

test('pages of deliveries, and the numbers for Prometheus', async () => {
  const { hook, ask, react, deliveries } = await callbacks();
  const { id } = await hook(url);
  const send = () => ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
  for (const status of [204, 500]) {
    react(url, status);
    for (const _ of [1, 2]) await send();
  }
  const all = (await deliveries(id)).map((one) => one.id);
  const first = (await ask(`/v1/webhooks/${id}/deliveries?limit=3`)).body as { deliveries: { id: string }[]; next: string };
  const rest = (await ask(`/v1/webhooks/${id}/deliveries?limit=3&after=${first.next}`)).body as typeof first;
  expect([...first.deliveries, ...rest.deliveries].map((one) => one.id)).toEqual(all);
  expect(rest.next).toBeNull();
  const { text } = await ask('/metrics');
  for (const line of [
    'mayfly_webhook_pending 2',
    'mayfly_webhook_seconds_count{result="taken"} 2',
    'mayfly_webhook_seconds_count{result="refused"} 2',
  ])
    expect(text.split('\n')).toContain(line);
});
