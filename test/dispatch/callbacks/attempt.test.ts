import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { attempt, type AttemptParts } from '../../../src/dispatch/callbacks/attempt.js';
import type { Delivery, Webhook } from '../../../src/dispatch/callbacks/webhook.js';
import { steppedClock } from '../../support/stepped-clock.js';

test.each(['answered', 'failed'])('a try that is %s leaves no listener', async (how) => {
  const signals: AbortSignal[] = [];
  const secrets = { of: () => [] } as unknown as AttemptParts['secrets'];
  const send: AttemptParts['send'] = ({ signal }) => {
    signals.push(signal);
    return how === 'answered' ? Promise.resolve({ status: 204, retryAfter: undefined }) : Promise.reject(new Error('refused'));
  };
  const parts = { secrets, send, clock: steppedClock(), version: 'test', random: () => 0 };
  const webhook = { url: 'https://example.com/' } as Webhook;
  const { status } = await attempt(webhook, { id: 'one', body: '{}' } as Delivery, parts, new AbortController().signal);
  expect([status, getEventListeners(signals[0]!, 'abort').length]).toEqual([how === 'answered' ? 204 : null, 0]);
});
