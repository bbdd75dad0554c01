import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { signedHeaders } from '../../../src/dispatch/callbacks/sign.js';

// The reference values of the Standard Webhooks specification, version 1.0.0.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const body = '{"test": 2432232314}';
const at = 1_614_265_330_000;
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

beforeEach(() => {
  // The verifier compares the time of a message with its own.
  vi.useFakeTimers({ toFake: ['Date'], now: at });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the headers have the reference signature', () => {
  const headers = { 'webhook-id': id, 'webhook-timestamp': '1614265330', 'webhook-signature': signature };
  expect(signedHeaders({ id, at: at + 999, body }, [secret])).toEqual(headers);
});

test('a signature is that of an independent computation, also of a text that is not ASCII', () => {
  const text = '{"name":"prüfung ✓"}';
  const key = Buffer.from('C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'base64');
  const expected = createHmac('sha256', key).update(`msg_1.1614265330.${text}`).digest('base64');
  expect(signedHeaders({ id: 'msg_1', at, body: text }, [other])['webhook-signature']).toBe(`v1,${expected}`);
});

test.each<[string, string[], string, boolean]>([
  ['the only secret', [secret], secret, true],
  ['another secret', [secret], other, false],
  ['the new one of two', [other, secret], other, true],
  ['the earlier one of two', [other, secret], secret, true],
])('a receiver verifies with %s', (_, secrets, own, valid) => {
  const headers = signedHeaders({ id, at, body }, secrets);
  expect(headers['webhook-signature']?.split(' ')).toHaveLength(secrets.length);
  const verify = () => new Webhook(own).verify(body, headers);
  if (valid) expect(verify()).toEqual({ test: 2_432_232_314 });
  else expect(verify).toThrow('No matching signature found');
});

test.each<[string, Record<string, string>, string]>([
  ['another body', {}, '{"test": 1}'],
  ['another id', { 'webhook-id': 'msg_1' }, body],
  ['another time', { 'webhook-timestamp': '1614265331' }, body],
])('a message with %s is refused', (_, change, text) => {
  expect(() => new Webhook(secret).verify(text, { ...signedHeaders({ id, at, body }, [secret]), ...change })).toThrow(
    'No matching signature',
  );
});
