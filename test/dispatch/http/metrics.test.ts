import { expect, test } from 'vitest';
import { api, request } from './scene.js';

const sample = /^(mayfly_[a-z_]+)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? (\+Inf|-?\d[\d.e+-]*)$/;

test('the numbers of a run, in the text format, without its id', async () => {
  const { ask, until } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: { ...request, cpu: 100, memory: 64 } } })).body as { id: string };
  await until(id, 'running');
  const { status, text } = await ask('/metrics');
  expect(status).toBe(200);
  const lines = text.trimEnd().split('\n');
  for (const expected of [
    'mayfly_runs{state="running"} 1',
    'mayfly_runs{state="queued"} 0',
    'mayfly_node_used{node="memory",resource="cpu"} 100',
    'mayfly_node_free{node="memory",resource="memory"} 8128',
    'mayfly_node_state{node="memory",state="ready"} 1',
    'mayfly_place_seconds_count 1',
    'mayfly_http_requests_total{method="post",route="/v1/runs",status="201"} 1',
  ])
    expect(lines).toContain(expected);
  expect(text).not.toContain(id);
  expect(text).not.toContain('team');
  // Each metric has its help and its type before its samples, and each line can be parsed.
  const helped = new Set<string>();
  for (const line of lines.filter((one) => one !== '')) {
    const [, kind, name] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? [];
    if (kind === 'HELP') helped.add(name!);
    if (kind !== undefined) continue;
    const [, own = ''] = sample.exec(line) ?? [];
    expect(line).toMatch(sample);
    expect([own, own.replace(/_(bucket|sum|count)$/, '')].some((one) => helped.has(one))).toBe(true);
  }
});

test('attempts count once each, by how they ended', async () => {
  const { ask, until, client, clock } = await api();
  client.faults.fail('create', { times: 1 });
  const { id } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  await until(id, 'running');
  await ask(`/v1/runs/${id}/cancel`, { body: {} });
  await clock.advance(30_000);
  const lines = (await ask('/metrics')).text.split('\n');
  expect(lines.filter((line) => line.startsWith('mayfly_attempts_total'))).toEqual([
    'mayfly_attempts_total{outcome="queued"} 1',
    'mayfly_attempts_total{outcome="cancelled"} 1',
  ]);
});

test('numbers are for holders of a token', async () => {
  const { ask } = await api();
  expect((await ask('/metrics', { token: null })).status).toBe(401);
});
