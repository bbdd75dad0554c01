import { expect, test } from 'vitest';
import { api, request } from './scene.js';

test('usage is of the own organisation, by a label, and of all for an operator alone', async () => {
  const { ask, until, clock, tokenOf } = await api();
  const spec = { ...request, max_duration: 120, cpu: 500, memory: 256, storage: 100 };
  const submit = async (token: string, labels: Record<string, string>) => {
    const { status, body } = await ask('/v1/runs', { token, body: { spec, labels } });
    expect(status).toBe(201);
    return (body as { id: string }).id;
  };
  const [own, other] = [await tokenOf('team', 'submit'), await tokenOf('blue', 'submit')];
  const id = await submit(own, { team: 'a' });
  await submit(other, {});
  const run = await until(id, 'completed');
  const lived = (Date.parse(run['completed'] as string) - Date.parse(run['last_try'] as string)) / 60_000;
  expect(lived).toBeGreaterThan(1.9);
  await clock.advance(60_000);

  const usage = async (token: string, query = '') =>
    (await ask(`/v1/usage${query}`, { token })).body as { usage: Record<string, unknown>[] };
  const [first] = (await usage(own, '?label=team')).usage;
  expect(first).toMatchObject({ organisation: 'team', label: 'a', workers: 1 });
  expect(first!['cpu_minutes']).toBeCloseTo(lived * 0.5, 2);
  expect(first!['memory_mb_minutes']).toBeCloseTo(lived * 256, 0);
  const sums = async (organisation: string) =>
    (await usage(await tokenOf(organisation, 'admin'))).usage.map(({ organisation: of, label }) => [of, label]);
  expect(await sums('team')).toEqual([['team', null]]);
  expect(await sums('default')).toEqual([
    ['blue', null],
    ['team', null],
  ]);
  expect(await usage(own, '?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z')).toMatchObject({ usage: [] });
  expect(await ask('/v1/usage?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z', { token: own })).toMatchObject({
    status: 400,
    body: { error: { code: 'usage' } },
  });
});
