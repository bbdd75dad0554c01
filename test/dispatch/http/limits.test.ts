import { expect, test } from 'vitest';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { api, organisation, request } from './scene.js';

const submission = { body: { spec: request } };
const of = (more: Parameters<typeof organisation>[0]) => new Map([['team', organisation(more)]]);

test('submissions above the rate are answered with 429 and whole seconds', async () => {
  const { ask, clock, tokenOf } = await api({ organisations: of({ rate: { perMinute: 2, burst: 2 } }) });
  const answers = [await ask('/v1/runs', submission), await ask('/v1/runs', submission), await ask('/v1/runs', submission)];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
  expect(answers[2]).toMatchObject({ body: { error: { code: 'rate_limited' } } });
  expect(answers[2]!.headers.get('retry-after')).toBe('30');
  expect((await ask('/v1/runs', { ...submission, token: await tokenOf('other', 'submit') })).status).toBe(201);
  await clock.advance(30_000);
  expect((await ask('/v1/runs', submission)).status).toBe(201);
});

test('a full queue is answered with 429', async () => {
  const { ask } = await api({ settings: { ...defaultDispatchSettings, mostWaiting: 1 } });
  expect((await ask('/v1/runs', submission)).status).toBe(201);
  const { status, body, headers } = await ask('/v1/runs', submission);
  expect([status, headers.get('retry-after'), body]).toMatchObject([429, '30', { error: { code: 'queue_full' } }]);
});

test('a run that the organisation can never have is refused with all reasons', async () => {
  const { ask, store } = await api({ organisations: of({ maxDuration: 299, most: { cpu: 10, memory: 5 } }) });
  expect(await ask('/v1/runs', submission)).toMatchObject({
    status: 409,
    body: { error: { code: 'limit_exceeded', problems: [{ place: 'max_duration' }, { place: 'cpu' }, { place: 'memory' }] } },
  });
  expect((await store.runs({ limit: 10 })).runs).toEqual([]);
});

test("a run waits while its organisation has its most, and another's starts", async () => {
  const { ask, until, tokenOf } = await api({ organisations: of({ most: { workers: 1 } }) });
  const id = async (token?: string) =>
    ((await ask('/v1/runs', { ...submission, ...(token !== undefined && { token }) })).body as { id: string }).id;
  const [first, second] = [await id(), await id()];
  await until(first, 'running');
  const token = await tokenOf('other', 'admin');
  const third = await id(token);
  await until(third, 'running', token);
  expect((await ask(`/v1/runs/${second}`)).body).toMatchObject({ state: 'queued' });
  await ask(`/v1/runs/${first}/cancel`, { body: {} });
  await until(second, 'running');
});
