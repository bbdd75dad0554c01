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

test("usage counts by the node's clock, also where it is an hour ahead", async () => {
  const { ask, until, clock, hand, store } = await api();
  hand.setClock(3_600_000);
  // The next look shows it.
  await clock.advance(6000);
  const spec = { ...request, max_duration: 120, cpu: 1000 };
  const id = ((await ask('/v1/runs', { body: { spec } })).body as { id: string }).id;
  await until(id, 'running');
  await clock.advance(60_000);
  const [lives] = await store.attempts(id);
  expect(lives!.startedAt - clock.now()).toBeGreaterThan(3_500_000);
  const to = new Date(clock.now() + 7_200_000).toISOString();
  const minutes = async () => ((await ask(`/v1/usage?to=${to}`)).body as { usage: { cpu_minutes: number }[] }).usage[0]!.cpu_minutes;
  expect(await minutes()).toBeCloseTo(1, 0);
  await until(id, 'completed');
  const [ended] = await store.attempts(id);
  expect(ended!.readyAt! - ended!.startedAt).toBeLessThan(5000);
  expect(await minutes()).toBeCloseTo((ended!.endedAt! - ended!.startedAt) / 60_000, 1);
  expect(await minutes()).toBeGreaterThan(1.9);
});
