import { describe, expect, onTestFinished, test } from 'vitest';
import type { Webhook } from '../../../src/dispatch/callbacks/webhook.js';
import type { Store } from '../../../src/dispatch/store/store.js';
import { newRun, sampleRun } from './samples.js';

/** The same number gives the same webhook. */
export function sampleWebhook(number: number, change: Partial<Webhook> = {}): Webhook {
  return {
    ...{ id: `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`, organisation: 'red', url: `https://${number}.example.com/` },
    ...{ types: null, secret: Uint8Array.of(number, 0, 255), previous: null, previousUntil: null, createdAt: number },
    ...{ failingSince: null, disabled: null, ...change },
  };
}

const failed = { at: 5_000, type: 'failed', data: {} };
const refused = { at: 6_000, ms: 10, status: 500, error: null, retryAfter: null, random: 0 };

/** Every store keeps it. `open`: an empty store. */
export function webhookContract(title: string, open: () => Promise<Store>): void {
  /** With run 1, which is queued. */
  async function storeWith(...webhooks: Webhook[]): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    for (const webhook of webhooks) await store.webhooks.add(webhook, 20);
    await store.insert(newRun(1));
    return store;
  }
  const deliveriesOf = async (store: Store, webhook = sampleWebhook(1)) =>
    (await store.webhooks.deliveries({ webhook: webhook.id, limit: 50 })).deliveries;
  /** Run 1 has failed, and webhook 1 gets it. */
  const delivered = async (...webhooks: Webhook[]) => {
    const store = await storeWith(...(webhooks.length > 0 ? webhooks : [sampleWebhook(1)]));
    await store.change(sampleRun(1), { state: 'failed' }, failed);
    return { store, id: (await deliveriesOf(store))[0]!.id };
  };

  describe(title, () => {
    test('a webhook is read as it was stored, changed and removed; the number of an organisation is limited', async () => {
      const full = sampleWebhook(1, {
        types: ['run.failed'],
        previous: Uint8Array.of(1, 2),
        previousUntil: 7,
        failingSince: 8,
        disabled: 'gone',
      });
      const { webhooks } = await storeWith(full, sampleWebhook(2));
      expect(await webhooks.find(full.id)).toEqual(full);
      expect(await webhooks.list()).toEqual([full, sampleWebhook(2)]);
      expect(await webhooks.list('blue')).toEqual([]);
      expect(await webhooks.add(sampleWebhook(3), 2)).toBe(false);
      expect(await webhooks.add(sampleWebhook(3, { organisation: 'blue' }), 2)).toBe(true);
      expect(await webhooks.change(full.id, { types: null, disabled: null })).toEqual({ ...full, types: null, disabled: null });
      expect(await webhooks.remove(full.id)).toBe(true);
      expect(await webhooks.remove(full.id)).toBe(false);
      expect(await webhooks.find(full.id)).toBeNull();
      expect(await webhooks.change(full.id, { types: null })).toBeNull();
    });

    test('an event adds a delivery for each webhook of the organisation that gets it', async () => {
      const { store } = await delivered(
        sampleWebhook(1),
        sampleWebhook(2, { types: ['run.failed', 'run.access'] }),
        sampleWebhook(3, { types: ['run.completed'] }),
        sampleWebhook(4, { disabled: 'asked' }),
        sampleWebhook(5, { organisation: 'blue' }),
      );
      const [first, second, ...others] = await Promise.all([1, 2, 3, 4, 5].map((number) => deliveriesOf(store, sampleWebhook(number))));
      expect(others).toEqual([[], [], []]);
      expect(first).toEqual([
        {
          ...{ id: expect.stringMatching(/^msg_[0-9a-f-]{36}$/), webhook: sampleWebhook(1).id, type: 'run.failed', run: sampleRun(1).id },
          ...{ attempt: 0, createdAt: 5_000, state: 'pending', failures: 0, nextAt: 5_000, tries: [] },
          body: expect.stringContaining(`"timestamp":"1970-01-01T00:00:05.000Z","data":{"run":"${sampleRun(1).id}"`),
        },
      ]);
      expect(second![0]!.id).not.toBe(first![0]!.id);
      expect(await store.webhooks.countPending()).toBe(2);
    });

    test('a change that is not stored adds no delivery', async () => {
      const store = await storeWith(sampleWebhook(1));
      expect(await store.change({ id: sampleRun(1).id, revision: 7 }, { state: 'failed' }, failed)).toBeNull();
      const attempt = { number: 1, node: 'a', startedAt: 1, price: 1, cost: 9 };
      await expect(store.change(sampleRun(1), { state: 'failed' }, failed, attempt, 8)).rejects.toMatchObject({ code: 'limit_exceeded' });
      expect(await deliveriesOf(store)).toEqual([]);
    });

    test('an imported run is reported if it is over, and its history is not', async () => {
      const store = await storeWith(sampleWebhook(1));
      const history = {
        attempts: [],
        events: [
          { ...failed, attempt: 0 },
          { ...failed, type: 'expiring', attempt: 0 },
        ],
      };
      for (const [number, state] of [
        [2, 'running'],
        [3, 'queued'],
        [4, 'completed'],
      ] as const)
        await store.import({ ...newRun(number, { state }), history }, null);
      expect((await deliveriesOf(store)).map(({ type, run }) => [type, run])).toEqual([['run.completed', sampleRun(4).id]]);
    });

    test('an event alone is reported if it has a callback', async () => {
      const store = await storeWith(sampleWebhook(1));
      await store.addEvent(sampleRun(1).id, 3, { at: 1, type: 'failed', data: {} });
      await store.addEvent(sampleRun(1).id, 3, { at: 2, type: 'expiring', data: {} });
      await store.addEvent(sampleRun(1).id, 3, { at: 2, type: 'expiring', data: {} });
      const deliveries = await deliveriesOf(store);
      expect(deliveries.map(({ type, attempt }) => [type, attempt])).toEqual([
        ['run.expiring', 3],
        ['run.expiring', 3],
      ]);
      expect(new Set(deliveries.map(({ id }) => id)).size).toBe(2);
    });

    test('results that are published are reported, also of a run that is over', async () => {
      const store = await storeWith(sampleWebhook(1));
      const over = await store.change(sampleRun(1), { state: 'failed' }, { ...failed, type: 'changed' });
      await store.change(over!, {}, { ...failed, at: 6_000, type: 'results_published' });
      expect((await deliveriesOf(store)).map(({ type }) => type)).toEqual(['run.published', 'run.failed']);
    });

    test('pending deliveries come in the order of their next tries', async () => {
      const { store, id } = await delivered();
      for (const [number, at] of [
        [2, 9_000],
        [3, 7_000],
      ] as const) {
        await store.insert(newRun(number));
        await store.change(sampleRun(number), { state: 'cancelled' }, { ...failed, at });
      }
      await store.webhooks.tried(id, refused);
      const pending = await store.webhooks.pending(sampleWebhook(1).id, 2);
      expect(pending.map(({ run, nextAt }) => [run, nextAt])).toEqual([
        [sampleRun(3).id, 7_000],
        [sampleRun(2).id, 9_000],
      ]);
      expect(await store.webhooks.delivery(id)).toMatchObject({
        failures: 1,
        nextAt: 11_010,
        tries: [{ at: 6_000, ms: 10, status: 500, error: null }],
      });
    });

    test('a try that disables a webhook is an event of the run, if the run is still there', async () => {
      const { store, id } = await delivered(sampleWebhook(1, { failingSince: 0 }));
      await store.insert(newRun(2));
      await store.change(sampleRun(2), { state: 'failed', completedAt: 1 }, failed);
      const [other] = (await deliveriesOf(store)).filter(({ run }) => run === sampleRun(2).id);
      const late = { ...refused, at: 86_400_000 };
      expect(await store.webhooks.tried(id, late)).toMatchObject({ disabled: 'failing', failingSince: 0 });
      expect((await store.events({ run: sampleRun(1).id, limit: 9 })).at(-1)).toMatchObject({
        type: 'webhook_disabled',
        at: 86_400_010,
        data: { webhook: sampleWebhook(1).id, reason: 'failing' },
      });
      await store.webhooks.change(sampleWebhook(1).id, { disabled: null });
      expect(await store.removeFinished(100)).toBe(1);
      expect(await store.webhooks.tried(other!.id, late)).toMatchObject({ disabled: 'failing' });
      expect(await store.webhooks.delivery(other!.id)).toMatchObject({ run: sampleRun(2).id, state: 'pending' });
    });

    test('a delivery is made pending again, keeps its id and its tries, and follows the schedule from its begin', async () => {
      const { store, id } = await delivered();
      for (let failures = 0; failures < 8; failures += 1) await store.webhooks.tried(id, refused);
      expect(await store.webhooks.delivery(id)).toMatchObject({ state: 'failed', failures: 8, nextAt: null });
      expect(await store.webhooks.redeliver(id, 70_000)).toMatchObject({ id, state: 'pending', failures: 0, nextAt: 70_000 });
      await store.webhooks.tried(id, { ...refused, at: 70_000 });
      const again = await store.webhooks.delivery(id);
      expect([again?.nextAt, again?.tries.length]).toEqual([75_010, 9]);
      expect(await store.webhooks.redeliver('msg_none', 1)).toBeNull();
      expect(await store.webhooks.tried('msg_none', refused)).toBeNull();
    });

    test('old deliveries are removed; a pending one only if its webhook is disabled', async () => {
      const { store, id } = await delivered(sampleWebhook(1), sampleWebhook(2));
      await store.webhooks.tried(id, { ...refused, status: 204 });
      expect(await store.webhooks.removeDeliveries(5_000)).toBe(0);
      expect(await store.webhooks.removeDeliveries(5_001)).toBe(1);
      expect(await deliveriesOf(store)).toEqual([]);
      expect(await deliveriesOf(store, sampleWebhook(2))).toHaveLength(1);
      await store.webhooks.change(sampleWebhook(2).id, { disabled: 'asked' });
      expect(await store.webhooks.removeDeliveries(5_001)).toBe(1);
      expect(await deliveriesOf(store, sampleWebhook(2))).toEqual([]);
    });

    test('a webhook is removed with its deliveries', async () => {
      const { store, id } = await delivered();
      expect(await store.webhooks.remove(sampleWebhook(1).id)).toBe(true);
      expect(await store.webhooks.delivery(id)).toBeNull();
      expect(await store.webhooks.countPending()).toBe(0);
    });
  });
}
