import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defaultDispatchSettings } from '../../../../src/dispatch/settings.js';
import { type Api, api, organisation, request } from '../scene.js';

const exchanges = JSON.parse(readFileSync(new URL('exchanges.json', import.meta.url), 'utf8')) as Record<
  string,
  { request: { body: Record<string, unknown> } }[]
>;
/** As the real client declares a run. */
const declaration = exchanges['a run elsewhere']![0]!.request.body;
const id = declaration['id'] as string;

const report = ({ ask }: Api, what: string, body: object) => ask(`/0.1/execution/run/${what}`, { body: { run_id: id, ...body } });
const declared = ({ ask }: Api) => ask('/0.1/execution/run/start', { body: declaration });

async function stateOf({ ask }: Api): Promise<unknown> {
  const { state, reason } = (await ask(`/v1/runs/${id}`)).body as Record<string, unknown>;
  return reason === null ? state : `${String(state)}: ${String(reason)}`;
}

async function eventsOf({ ask }: Api): Promise<unknown[]> {
  const { events } = (await ask(`/v1/runs/${id}/events`)).body as { events: { type: string; data: object }[] };
  return events.map(({ type, data }) => [type, data]);
}

test('a declared run is kept as one elsewhere, starts nothing, and its end is reported', async () => {
  const scene = await api();
  await declared(scene);
  await scene.clock.advance(60_000);
  expect((await scene.ask('/v1/runs?state=elsewhere')).body).toMatchObject({
    runs: [
      { id, organisation: 'team', labels: { id, organization_id: 'team', group_id: declaration['group_id'] }, node: null, attempt: 0 },
    ],
  });
  expect((await scene.ask(`/0.1/execution/run/${id}/access`)).body).toEqual({ error: ['the run is elsewhere'] });
  await report(scene, 'launched', { response: { started: null } });
  expect(await stateOf(scene)).toBe('elsewhere');
  await report(scene, 'ended', { result: { success: null } });
  expect(await stateOf(scene)).toBe('completed: reported');
  expect(await eventsOf(scene)).toEqual([
    ['declared', {}],
    ['launched', {}],
    ['ended', {}],
  ]);
});

test.each([
  ['could not begin', 'launched', { response: { error: ['no engine'] } }, ['launched', { errors: ['no engine'] }]],
  ['failed', 'ended', { result: { failure: ['exit code 3'] } }, ['ended', { texts: ['exit code 3'] }]],
  ['failed without a word', 'ended', { result: { failure: null } }, ['ended', {}]],
])('a run elsewhere that %s is failed, and a later report changes nothing', async (_, what, body, event) => {
  const scene = await api();
  await declared(scene);
  expect((await report(scene, what, body)).status).toBe(200);
  expect((await report(scene, 'ended', { result: { success: null } })).status).toBe(200);
  expect(await stateOf(scene)).toBe('failed: reported');
  expect(await eventsOf(scene)).toEqual([['declared', {}], event]);
});

test('a declaration without an id gets one', async () => {
  const scene = await api();
  const { status, body } = await scene.ask('/0.1/execution/run/start', { body: { ...declaration, id: null } });
  expect([status, (await scene.ask(`/v1/runs/${(body as { ok: string }).ok}`)).body]).toEqual([
    200,
    expect.objectContaining({ state: 'elsewhere' }) as object,
  ]);
});

test("an id that is known, also another organisation's, and reports about unknown runs are refused", async () => {
  const scene = await api();
  const token = await scene.tokenOf('other', 'submit');
  await declared(scene);
  const other = (path: string, body: object) => scene.ask(`/0.1/execution/${path}`, { token, body });
  expect((await other('run/start', declaration)).status).toBe(409);
  const launched = await other('run/launched', { run_id: id, response: { started: null } });
  expect([launched.status, launched.body]).toEqual([404, { error: [`${id}: there is no run with this id → declare it first`] }]);
  expect((await other('run/ended', { run_id: id, result: { failure: null } })).status).toBe(404);
  expect((await other('run/ended', { run_id: id, result: {} })).status).toBe(400);
  expect(await stateOf(scene)).toBe('elsewhere');
});

test('a run elsewhere can be cancelled here, which ends nothing there', async () => {
  const scene = await api();
  await declared(scene);
  expect((await scene.ask(`/v1/runs/${id}/requeue`, { method: 'POST' })).status).toBe(409);
  await scene.ask(`/v1/runs/${id}/cancel`, { body: {} });
  expect(await stateOf(scene)).toBe('cancelled: cancelled');
  await report(scene, 'ended', { result: { success: null } });
  expect(await stateOf(scene)).toBe('cancelled: cancelled');
});

test('declarations take no place of runs that wait or live', async () => {
  const scene = await api({ settings: { ...defaultDispatchSettings, mostWaiting: 1 } });
  await declared(scene);
  const { status } = await scene.ask('/0.1/execution/run/start', { body: { ...declaration, id: null } });
  expect([status, (await scene.ask('/v1/runs', { body: { spec: request } })).status]).toEqual([200, 201]);
  expect((await scene.ask('/v1/runs', { body: { spec: request } })).status).toBe(429);
});

test('reports count towards the rate, and a few thousand characters of them are stored', async () => {
  const scene = await api({ organisations: new Map([['team', organisation({ rate: { perMinute: 1, burst: 2 } })]]) });
  await declared(scene);
  const failure = ['a'.repeat(3000), 'b'.repeat(3000), 'c'];
  expect((await report(scene, 'launched', { response: { error: failure } })).status).toBe(200);
  expect(await eventsOf(scene)).toEqual([
    ['declared', {}],
    ['launched', { errors: ['a'.repeat(3000), 'b'.repeat(1000)] }],
  ]);
  for (const [what, body] of Object.entries({ launched: { response: { started: null } }, ended: { result: { failure } } }))
    expect(await report(scene, what, body)).toMatchObject({ status: 429, body: { error: [expect.stringContaining('1 times a minute')] } });
});
