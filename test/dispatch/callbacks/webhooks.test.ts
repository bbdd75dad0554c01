import { expect, test } from 'vitest';
import { untilIdle } from '../../support/idle.js';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { callbacks, request } from './scene.js';

const url = 'https://ci.example.com/mayfly';

test('a run is reported when its worker is ready, before its end and at its end, without its access', async () => {
  const { hook, received, ask, until, clock } = await callbacks({
    settings: { ...defaultDispatchSettings, expiring: 4000, pollPeriod: 1000 },
  });
  await hook(url);
  const asked = { body: { spec: { ...request, max_duration: 8 } }, headers: { 'idempotency-key': 'build-7' } };
  const { id } = (await ask('/v1/runs', asked)).body as { id: string };
  await until(id, 'running');
  const { ends } = (await ask(`/v1/runs/${id}`)).body as { ends: string };
  await until(id, 'completed');
  await clock.advance(1000);
  const data = { run: id, attempt: 1, node: 'memory', organisation: 'team', request_id: 'build-7', name: 'one' };
  expect(received.map(({ message: { type, data: all } }) => ({ type, ...all }))).toEqual([
    { type: 'run.access', ...data, state: 'running', reason: null, exit_code: null, ends },
    { type: 'run.expiring', ...data, state: 'running', reason: null, exit_code: null, ends },
    { type: 'run.completed', ...data, state: 'completed', reason: 'expired', exit_code: 124, ends },
  ]);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  const left = Date.parse(ends) - Date.parse(received[1]!.message.timestamp);
  expect([left <= 4000, left > 2900]).toEqual([true, true]);
});

test('a cancelled run, a failed one, one of another type, and one of another organisation', async () => {
  const { hook, received, ask, until, run, hand, tokenOf } = await callbacks();
  await hook(url, { types: ['run.cancelled', 'run.failed'] });
  const failed = await run();
  const { worker } = (await ask(`/v1/runs/${failed}`)).body as { worker: string };
  hand.exit(worker, 'engine', 3);
  await until(failed, 'failed');
  const cancelled = await run({ name: 'two' });
  await ask(`/v1/runs/${cancelled}/cancel`, { body: {} });
  await until(cancelled, 'cancelled');
  const others = await tokenOf('others', 'admin');
  const { id } = (await ask('/v1/runs', { token: others, body: { spec: request } })).body as { id: string };
  await ask(`/v1/runs/${id}/cancel`, { token: others, body: {} });
  await until(id, 'cancelled', others);
  await untilIdle();
  expect(received.map(({ message: { type, data } }) => [type, data['run'], data['reason'], data['exit_code'], data['request_id']])).toEqual(
    [
      ['run.failed', failed, 'engine_exited', 3, null],
      ['run.cancelled', cancelled, 'cancelled', null, null],
    ],
  );
});

test('a receiver that never answers delays no run', async () => {
  const { hook, at, react, run, until, deliveries } = await callbacks();
  const silent = 'https://silent.example.com/';
  const types = ['run.access', 'run.completed'];
  const [{ id }] = [await hook(silent, { types }), await hook(url, { types })];
  react(silent, 'never');
  const runs = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) runs.push(await run({ name, max_duration: 3 }));
  for (const one of runs) await until(one, 'completed');
  await untilIdle();
  expect(at(url)).toHaveLength(10);
  expect(Math.max(...at(url).map(({ age }) => age))).toBe(0);
  expect(new Set((await deliveries(id)).map(({ state }) => state))).toEqual(new Set(['pending']));
});

test('an extension lets the end be announced again, once', async () => {
  const { hook, received, run, ask, clock } = await callbacks();
  await hook(url, { types: ['run.expiring'] });
  const id = await run();
  await clock.advance(20_000);
  expect(received).toHaveLength(1);
  await ask(`/v1/runs/${id}/extend`, { body: { seconds: 600 } });
  await clock.advance(60_000);
  expect(received).toHaveLength(1);
  await clock.advance(400_000);
  const { ends } = (await ask(`/v1/runs/${id}`)).body as { ends: string };
  expect(received.map(({ message }) => message.data['ends'])).toEqual([expect.any(String), ends]);
  expect(received[1]!.at).toBeGreaterThanOrEqual(Date.parse(ends) - 300_000);
});
