import { expect, test } from 'vitest';
import { api, request } from './scene.js';

type Document = Record<string, unknown>;

test('a run shows its spec, its program, its worker and, in the end, how it ended', async () => {
  const scene = await api();
  const program = { program: 'main.mel', params: { size: 3 }, args: ['--fast', 1] };
  const sent = await scene.ask('/v1/runs', { body: { spec: request, labels: { team: 'red' }, ...program } });
  const { id } = sent.body as { id: string };
  const running = await scene.until(id, 'running');
  await scene.clock.advance(6000);
  const { body } = await scene.ask(`/v1/runs/${id}`);
  expect(body).toMatchObject({
    ...program,
    asks: { cpu: 500, memory: 512, storage: 0 },
    spec: { name: 'one', max_duration: 300 },
    live: { status: 'ready', ends: running['ends'], containers: [{ container: 'engine', status: 'running', exit_code: null }] },
  });
  scene.hand.exit(running['worker'] as string, 'engine', 3);
  const failed = await scene.until(id, 'failed');
  expect(failed).toMatchObject({ reason: 'engine_exited', exit_code: 3, live: null });
  expect((failed['attempts'] as Document[])[0]!['end']).toMatchObject({
    reason: 'engine_ended',
    containers: [{ container: 'engine', status: 'exited', exit_code: 3 }],
  });
});

test('a repeated request with its key is answered with the same run, and another body is refused', async () => {
  const { ask } = await api();
  const headers = { 'idempotency-key': 'job-1' };
  const first = await ask('/v1/runs', { body: { spec: request }, headers });
  const again = await ask('/v1/runs', { body: { spec: request }, headers });
  const other = await ask('/v1/runs', { body: { spec: { ...request, max_duration: 5 } }, headers });
  expect([first.status, again.status, other.status]).toEqual([201, 200, 422]);
  expect((again.body as Document)['id']).toBe((first.body as Document)['id']);
  expect(other.body).toMatchObject({ error: { code: 'key_reused' } });
});

test("another organisation's run is unknown, in every route", async () => {
  const { ask, tokenOf } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const token = await tokenOf('other', 'admin');
  const post = { token, method: 'POST' };
  const answers = await Promise.all([
    ask(`/v1/runs/${id}`, { token }),
    ask(`/v1/runs/${id}/access`, { token }),
    ask(`/v1/runs/${id}/events`, { token }),
    ask(`/v1/runs/${id}/cancel`, { ...post, body: {} }),
    ask(`/v1/runs/${id}/requeue`, post),
    ask(`/v1/runs/${id}/extend`, { ...post, body: { seconds: 5 } }),
    ask(`/v1/runs/${id}`, { ...post, method: 'PATCH', body: { priority: 1 } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 404]);
  expect((await ask('/v1/runs', { token })).body).toEqual({ runs: [], next: null });
});

test('a priority of 0 cancels, and an extension moves the end', async () => {
  const { ask, until } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const { ends } = await until(id, 'running');
  const extended = await ask(`/v1/runs/${id}/extend`, { body: { seconds: 60 } });
  expect(extended.status).toBe(200);
  expect(Date.parse((extended.body as { ends: string }).ends) - Date.parse(ends as string)).toBe(60_000);
  await ask(`/v1/runs/${id}`, { method: 'PATCH', body: { priority: 0 } });
  expect(await until(id, 'cancelled')).toMatchObject({ reason: 'cancelled' });
  expect(await ask(`/v1/runs/${id}/extend`, { body: { seconds: 60 } })).toMatchObject({
    status: 409,
    body: { error: { code: 'not_possible' } },
  });
});

test('the access of a running run is its outputs', async () => {
  const { ask, until } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  expect((await ask(`/v1/runs/${id}/access`)).status).toBe(409);
  await until(id, 'running');
  expect((await ask(`/v1/runs/${id}/access`)).body).toMatchObject({ access: { addresses: ['127.0.0.1'] } });
});

test("a request's retain replaces the spec's", async () => {
  const { ask } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request, retain: { failure: '10m' } } })).body as { id: string };
  expect((await ask(`/v1/runs/${id}`)).body).toMatchObject({ spec: { retain: { failure: 600 } } });
  expect(await ask('/v1/runs', { body: { spec: request, retain: { success: 5 } } })).toMatchObject({ status: 422 });
});

test('runs are found by a label', async () => {
  const { ask } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request, labels: { team: 'red=1' } } })).body as { id: string };
  await ask('/v1/runs', { body: { spec: request, labels: { team: 'blue' } } });
  expect((await ask('/v1/runs?label=team%3Dred%3D1')).body).toMatchObject({ runs: [{ id }], next: null });
  expect((await ask('/v1/runs?label=team')).status).toBe(400);
});
