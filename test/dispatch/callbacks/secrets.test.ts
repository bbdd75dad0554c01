import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { WebhookSecrets } from '../../../src/dispatch/callbacks/secrets.js';
import { sampleWebhook } from '../store/webhook-contract.js';

const keyed = (id: number) => new WebhookSecrets({ bytes: Buffer.alloc(32, id), id: Buffer.alloc(4, id) }, randomBytes);
const { id } = sampleWebhook(1);

test('the secrets that sign are the newest one, and the earlier one until its time', () => {
  const secrets = keyed(1);
  const [first, second] = [secrets.draw(id), secrets.draw(id)];
  const webhook = sampleWebhook(1, { secret: second.sealed, previous: first.sealed, previousUntil: 100 });
  expect(secrets.of(webhook, 99)).toEqual([second.text, first.text]);
  expect(secrets.of(webhook, 100)).toEqual([second.text]);
  expect(first.text).not.toBe(second.text);
});

test('with another key, a secret is an error until it is rotated', () => {
  const [lost, now] = [keyed(1).draw(id), keyed(2).draw(id)];
  expect(() => keyed(2).of(sampleWebhook(1, { secret: lost.sealed }), 0)).toThrow('its secret was encrypted with another key');
  const rotated = sampleWebhook(1, { secret: now.sealed, previous: lost.sealed, previousUntil: 100 });
  expect(keyed(2).of(rotated, 0)).toEqual([now.text]);
});

test('a secret of another webhook is an error', () => {
  const secrets = keyed(1);
  expect(() => secrets.of(sampleWebhook(2, { secret: secrets.draw(id).sealed }), 0)).toThrow('or was changed');
});
