import { expect, test } from 'vitest';
import { defaultTerms } from '../../../src/dispatch/nodes/terms.js';
import { api, type Api, organisation, request, servedNode } from './scene.js';

/** 6 minutes at a tenth of a cent a second: at most $0.36. */
const spec = { ...request, create_timeout: 60, max_duration: 300 };
const price = 3.6;

/** The API over a node with a price, for an organisation `team` with limits. */
async function priced(limits: Parameters<typeof organisation>[0]): Promise<Api> {
  const scene = await api({ organisations: new Map([['team', organisation(limits)]]) });
  scene.node.price = price;
  return scene;
}

const usd = (dollars: number) => dollars * 1_000_000;

async function submit({ ask }: Api, more: { spec?: object; token?: string } = {}): Promise<string> {
  const { status, body, text } = await ask('/v1/runs', { body: { spec: more.spec ?? spec }, ...(more.token && { token: more.token }) });
  expect(status, text).toBe(201);
  return (body as { id: string }).id;
}

test("a run waits while its organisation's budget is reserved, and delays nobody", async () => {
  const scene = await priced({ budget: usd(0.5) });
  const { ask, until, store, clock, tokenOf } = scene;
  const [first, second] = [await submit(scene), await submit(scene)];
  await until(first, 'running');
  const token = await tokenOf('other', 'admin');
  await until(await submit(scene, { token }), 'running', token);
  expect((await ask(`/v1/runs/${second}`)).body).toMatchObject({
    state: 'queued',
    held: 'it may cost $0.36, and the budget of team has $0.14 left this month',
  });
  expect(await store.spent('team', '2026-01')).toBe(usd(0.36));
  await clock.advance(30_000);
  await ask(`/v1/runs/${first}/cancel`, { body: {} });
  await until(second, 'running');
  expect((await ask(`/v1/runs/${second}`)).body).toMatchObject({ held: null });
  const [ended] = await store.attempts(first);
  expect(ended!.cost).toBeGreaterThan(usd(0.03));
  expect(ended!.cost).toBeLessThan(usd(0.1));
  expect(await store.spent('team', '2026-01')).toBe(ended!.cost + usd(0.36));
  expect((await ask(`/v1/runs/${first}`)).body).toMatchObject({ attempts: [{ cost_usd: ended!.cost / 1_000_000 }] });
});

test('a run with a promised start that its organisation cannot pay any more has none, and an event says so', async () => {
  const terms = { ...defaultTerms, capacity: { cpu: 1000 } };
  const scene = await api({ nodes: [servedNode({ terms })], organisations: new Map([['team', organisation({ budget: usd(0.5) })]]) });
  scene.node.price = price;
  const { ask, until, tokenOf } = scene;
  const token = await tokenOf('other', 'admin');
  await until(await submit(scene, { token, spec: { ...spec, cpu: 600 } }), 'running', token);
  const wide = await submit(scene, { spec: { ...spec, cpu: 1000 } });
  expect((await ask(`/v1/runs/${wide}`)).body).toMatchObject({ starts_by: expect.any(String) as string, held: null });
  const small = await submit(scene, { spec: { ...spec, cpu: 100, create_timeout: 10, max_duration: 280 } });
  await until(small, 'running');
  expect((await ask(`/v1/runs/${wide}`)).body).toMatchObject({
    starts_by: null,
    held: expect.stringContaining('left this month') as string,
  });
  expect((await ask(`/v1/runs/${wide}/why`)).body).toMatchObject({ cause: { code: 'budget' } });
  const { events } = (await ask(`/v1/runs/${wide}/events`)).body as { events: object[] };
  expect(events.at(-1)).toMatchObject({ type: 'promise_moved', data: { cause: 'settings_changed' } });
});

test('a budget that is spent is full again in the next month', async () => {
  const scene = await priced({ budget: usd(0.4) });
  const { ask, until, clock } = scene;
  const first = await submit(scene, { spec: { ...spec, max_duration: 200 } });
  await until(first, 'completed');
  const second = await submit(scene);
  await clock.advance(60_000);
  expect((await ask(`/v1/runs/${second}`)).body).toMatchObject({ state: 'queued', attempt: 0 });
  await clock.jump(Date.parse('2026-02-01T00:00:01Z') - clock.now());
  await clock.advance(61_000);
  await until(second, 'running');
});

test('a run that could cost more than a whole budget is refused with the numbers', async () => {
  const { ask, store } = await priced({ budget: usd(0.35) });
  expect(await ask('/v1/runs', { body: { spec } })).toMatchObject({
    status: 409,
    body: {
      error: {
        code: 'limit_exceeded',
        problems: [{ place: 'max_duration', cause: 'the worker may cost $0.36, and the organisation may spend $0.35 in a month' }],
      },
    },
  });
  expect((await store.runs({ limit: 1 })).runs).toEqual([]);
});

test('usage has the cost', async () => {
  const scene = await priced({});
  const { ask, until, clock, store } = scene;
  const id = await submit(scene, { spec: { ...spec, max_duration: 200 } });
  await until(id, 'completed');
  await clock.advance(60_000);
  const [attempt] = await store.attempts(id);
  expect(attempt!.cost).toBeGreaterThan(usd(0.2));
  expect((await ask('/v1/usage')).body).toMatchObject({ usage: [{ organisation: 'team', cost_usd: attempt!.cost / 1_000_000 }] });
});

const extend = ({ ask }: Api, id: string, seconds: number) => ask(`/v1/runs/${id}/extend`, { body: { seconds } });

test('an extension reserves its difference, and one above the budget changes nothing', async () => {
  const scene = await priced({ budget: usd(0.6) });
  const { until, store } = scene;
  const id = await submit(scene);
  await until(id, 'running');
  const before = await store.run(id);
  expect(await extend(scene, id, 400)).toMatchObject({
    status: 409,
    body: { error: { code: 'limit_exceeded', message: expect.stringMatching(/^\$0\.7\d would be .* the budget of team is \$0\.60$/) } },
  });
  expect(await store.run(id)).toEqual(before);
  expect((await extend(scene, id, 200)).status).toBe(200);
  const after = (await store.run(id))!;
  expect(after.ends).toBe(before!.ends! + 200_000);
  const [attempt] = await store.attempts(id);
  expect(attempt!.cost).toBe(usd(0.36) + (after.until! - before!.until!) * 1000);
  expect(await store.spent('team', '2026-01')).toBe(attempt!.cost);
});

test('extensions at the same time are one after the other, and each reserves its own', async () => {
  const scene = await priced({ budget: usd(0.8) });
  const { until, store } = scene;
  const id = await submit(scene);
  await until(id, 'running');
  const before = (await store.run(id))!;
  const answers = await Promise.all([extend(scene, id, 200), extend(scene, id, 200), extend(scene, id, 200)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 409]);
  const after = (await store.run(id))!;
  expect(after.ends).toBe(before.ends! + 400_000);
  expect(after.until!).toBeGreaterThanOrEqual(after.ends! / 1000);
});

test('an extension above max_cost is refused with the numbers', async () => {
  const scene = await priced({});
  const { until, store } = scene;
  const id = await submit(scene, { spec: { ...spec, max_cost: 0.4 } });
  await until(id, 'running');
  expect(await extend(scene, id, 3600)).toMatchObject({
    status: 409,
    body: {
      error: { code: 'limit_exceeded', message: expect.stringMatching(/may cost \$3\.\d\d, and max_cost \(\$0\.40\) leaves \$0\.040$/) },
    },
  });
  expect(await store.spent('team', '2026-01')).toBe(usd(0.36));
  expect((await extend(scene, id, 60)).status).toBe(200);
});

test("an extension beyond the organisation's max_duration is refused", async () => {
  const scene = await priced({ maxDuration: 600 });
  const { until } = scene;
  const id = await submit(scene);
  await until(id, 'running');
  expect((await extend(scene, id, 300)).status).toBe(200);
  expect(await extend(scene, id, 1)).toMatchObject({
    status: 409,
    body: {
      error: {
        message: expect.stringMatching(/^the worker would live for 10 min 1 s, and those of the organisation may live for 10 min$/),
      },
    },
  });
  expect((await extend(scene, id, -60)).status).toBe(200);
});

test('a lease that cannot move that far reserves nothing', async () => {
  const scene = await priced({});
  const { until, store } = scene;
  const id = await submit(scene);
  await until(id, 'running');
  const before = await store.run(id);
  expect(await extend(scene, id, 2_592_000)).toMatchObject({ status: 409, body: { error: { code: 'lease_refused' } } });
  expect([await store.run(id), await store.spent('team', '2026-01')]).toEqual([before, usd(0.36)]);
});
