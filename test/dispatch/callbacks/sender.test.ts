import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sender } from '../../../src/dispatch/callbacks/sender.js';
import { WebhookSecrets } from '../../../src/dispatch/callbacks/secrets.js';
import type { Webhook } from '../../../src/dispatch/callbacks/webhook.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import { untilIdle } from '../../support/idle.js';
import { steppedClock } from '../../support/stepped-clock.js';
import { afterTest } from '../../support/temp-dir.js';
import { newRun, sampleRun } from '../store/samples.js';
import { receivers } from './receivers.js';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const good = 'https://good.example.com/';
const bad = 'https://bad.example.com/';

/** A store with two webhooks, and what sends their callbacks. */
async function sending({ random = () => 0 }: { random?: () => number } = {}) {
  const clock = steppedClock();
  const store = await openStore({ directory: null, version: 'test' });
  const secrets = new WebhookSecrets({ bytes: randomBytes(32), id: randomBytes(4) }, randomBytes);
  const remote = receivers(() => clock);
  const log: string[] = [];
  const write = (_fields: object, message: string) => void log.push(message);
  const parts = {
    ...{ webhooks: store.webhooks, secrets, clock, send: remote.send, random, version: 'test', tried() {} },
    log: { info: write, warn: write },
  };
  const hooks = [good, bad].map((url, index): Webhook => {
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    return {
      ...{ id, organisation: 'red', url, types: null, secret: secrets.draw(id).sealed, createdAt: index },
      ...{ previous: null, previousUntil: null, failingSince: null, disabled: null },
    };
  });
  for (const hook of hooks) await store.webhooks.add(hook, 20);
  let sender = new Sender(parts);
  await sender.start();
  afterTest(async () => {
    await sender.close();
    await store.close();
  });
  let runs = 0;
  return {
    ...{ ...remote, clock, store, log, bad: hooks[1]!.id },
    /** Adds runs that have failed. */
    async fail(count = 1) {
      const event = { at: clock.now(), type: 'failed', data: {} };
      const added = Array.from({ length: count }, () => sampleRun((runs += 1)));
      for (const { id } of added) {
        await store.insert(newRun(Number(id.slice(-12))));
        await store.change({ id, revision: 1 }, { state: 'failed' }, event);
      }
      sender.wake('red');
      // A delivery is begun when an earlier one is stored.
      for (let left = count; left > 0; left -= 1) await untilIdle();
      return added;
    },
    async restart() {
      await sender.close();
      sender = new Sender(parts);
      await sender.start();
      await untilIdle();
    },
    async enable() {
      await store.webhooks.change(hooks[1]!.id, { disabled: null, failingSince: null });
      sender.look(hooks[1]!);
      await untilIdle();
    },
    deliveries: async () => (await store.webhooks.deliveries({ webhook: hooks[1]!.id, limit: 500 })).deliveries,
    webhook: async () => (await store.webhooks.find(hooks[1]!.id))!,
  };
}

/** Seconds between the tries of each message, by its id. */
function pauses(tries: readonly { at: number; headers: Readonly<Record<string, string>> }[]): number[][] {
  const times = new Map<string, number[]>();
  for (const { at, headers } of tries) times.set(headers['webhook-id']!, [...(times.get(headers['webhook-id']!) ?? []), at]);
  return [...times.values()].map((all) => all.slice(1).map((at, index) => (at - all[index]!) / 1000));
}

test('a receiver that answers 500 for an hour gets every callback in the end, each with one id and one body', async () => {
  const { at, react, fail, clock, deliveries, webhook, store } = await sending();
  react(bad, 500);
  await fail(6);
  for (let minutes = 0; minutes < 60; minutes += 1) {
    await clock.advance(minute);
    if (minutes % 20 === 0) await fail();
  }
  expect(at(good)).toHaveLength(9);
  expect(Math.max(...at(good).map(({ age }) => age))).toBe(0);
  expect((await webhook()).failingSince).toBe(Date.parse('2026-01-01T00:00:00Z'));
  react(bad, 200);
  await clock.advance(3 * hour);
  expect((await deliveries()).map(({ state }) => state)).toEqual(Array(9).fill('delivered'));
  expect(await store.webhooks.countPending()).toBe(0);
  expect((await webhook()).failingSince).toBeNull();
  const messages = new Map(at(bad).map(({ headers, body }) => [`${headers['webhook-id']} ${body}`, body]));
  expect(messages.size).toBe(9);
  for (const waited of pauses(at(bad)))
    expect([
      [5, 300, 1800, 7200],
      [5, 300, 1800],
      [5, 300],
    ]).toContainEqual(waited);
});

test('a callback is tried for a day by the schedule, and each pause is longer by the jitter', async () => {
  const { at, react, fail, clock, deliveries } = await sending({ random: () => 1 });
  react(bad, new Error('connect ECONNREFUSED'));
  await fail();
  await clock.advance(48 * hour);
  expect(pauses(at(bad))).toEqual([[5.5, 330, 1980, 7920, 19_800, 39_600, 25_740]]);
  expect(await deliveries()).toMatchObject([{ state: 'failed', nextAt: null, failures: 8 }]);
  expect((await deliveries())[0]!.tries[0]).toEqual({ at: at(bad)[0]!.at, ms: 0, status: null, error: 'connect ECONNREFUSED' });
});

test('a webhook whose tries fail for a day is disabled with an event of the run; enabled again, it gets what is pending', async () => {
  const { at, react, fail, clock, webhook, store, log, enable, deliveries } = await sending();
  react(bad, 500);
  const [first] = await fail();
  await clock.advance(23 * hour);
  const [second] = await fail();
  await clock.advance(hour);
  expect((await webhook()).disabled).toBeNull();
  await clock.advance(10 * minute);
  expect((await webhook()).disabled).toBe('failing');
  const events = await store.events({ run: first!.id, limit: 10 });
  expect(events.at(-1)).toMatchObject({ type: 'webhook_disabled', data: { reason: 'failing' } });
  expect(log).toEqual(['a webhook was disabled']);
  const before = at(bad).length;
  await fail();
  await clock.advance(12 * hour);
  expect(at(bad)).toHaveLength(before);
  expect(at(good)).toHaveLength(3);
  react(bad, 200);
  await enable();
  await clock.advance(second ? 1000 : 0);
  expect((await deliveries()).map(({ run, state }) => [run, state])).toEqual([
    [second!.id, 'delivered'],
    [first!.id, 'failed'],
  ]);
});

test('410 disables a webhook at once', async () => {
  const { at, react, fail, clock, webhook } = await sending();
  react(bad, 410);
  await fail(2);
  await clock.advance(hour);
  expect((await webhook()).disabled).toBe('gone');
  expect(at(bad).length).toBeLessThanOrEqual(2);
});

test.each<[string, [number, string], number]>([
  ['429 in seconds', [429, '600'], 600],
  ['503 until a date', [503, 'Thu, 01 Jan 2026 01:00:00 GMT'], 3600],
  ['429 without a text that can be read', [429, 'soon'], 30],
])('a receiver that asks for a pause gets nothing meanwhile: %s', async (_, reaction, pause) => {
  const { at, react, fail, clock } = await sending();
  react(bad, reaction);
  await fail();
  react(bad, 200);
  await fail();
  await clock.advance(pause * second - 1);
  expect(at(bad)).toHaveLength(1);
  await clock.advance(2);
  expect(at(bad)).toHaveLength(3);
  expect(at(good)).toHaveLength(2);
});

test('a receiver that never answers has four requests at once, then one; another one waits for nothing, and nothing is lost', async () => {
  const { at, react, fail, clock, deliveries } = await sending();
  react(bad, 'never');
  for (const count of [1, 1, 18]) await fail(count);
  expect(new Set(at(bad).map(({ headers }) => headers['webhook-id'])).size).toBe(4);
  expect(at(bad)).toHaveLength(4);
  expect(at(good)).toHaveLength(20);
  await clock.advance(15 * second);
  expect((await deliveries()).filter(({ tries }) => tries.length > 0).map(({ tries }) => tries)).toEqual(
    Array(4).fill([{ at: Date.parse('2026-01-01T00:00:00Z'), ms: 15_000, status: null, error: 'no answer within 15 s' }]),
  );
  await clock.advance(14 * second);
  expect(at(bad)).toHaveLength(5);
  await fail();
  expect(Math.max(...at(good).map(({ age }) => age))).toBe(0);
  react(bad, 204);
  await clock.advance(12 * hour);
  expect(new Set((await deliveries()).map(({ state }) => state))).toEqual(new Set(['delivered']));
});

test('deliveries that an earlier process has left are sent, also one that was under way', async () => {
  const { at, react, fail, restart, deliveries } = await sending();
  react(bad, 'never');
  await fail(2);
  react(bad, 200);
  await restart();
  expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  const ids = at(bad).map(({ headers }) => headers['webhook-id']);
  expect([ids.length, new Set(ids).size]).toEqual([4, 2]);
});

test('many callbacks of one receiver are all sent once', async () => {
  const { at, fail } = await sending();
  await fail(100);
  expect(new Set(at(bad).map(({ headers }) => headers['webhook-id'])).size).toBe(100);
  expect(at(bad)).toHaveLength(100);
});
