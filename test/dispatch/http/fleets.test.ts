import { expect, test } from 'vitest';
import { defaultTerms } from '../../../src/dispatch/nodes/terms.js';
import { api, organisation, request, servedNode } from './scene.js';

const crew = { name: 'crew', spec: request, min: 2, max: 2 };

test('a fleet is made, shown with its workers, changed and removed', async () => {
  const { ask, clock } = await api();
  const made = await ask('/v1/fleets', { body: { ...crew, idle: '2m', labels: { team: 'a' } } });
  expect([made.status, made.body]).toMatchObject([
    201,
    {
      name: 'crew',
      organisation: 'team',
      state: 'open',
      min: 2,
      max: 2,
      idle: 120,
      nodes: {},
      labels: { team: 'a' },
      priority: 500,
      refused: null,
    },
  ]);
  await clock.advance(10_000);
  expect((await ask('/v1/fleets/crew')).body).toMatchObject({ workers: [{ state: 'running' }, { state: 'running' }] });
  expect((await ask('/v1/runs')).body).toMatchObject({ runs: [{ labels: { team: 'a' } }, { labels: { team: 'a' } }] });
  expect((await ask('/v1/fleets/crew', { method: 'PATCH', body: { min: 1, max: 1 } })).body).toMatchObject({ min: 1, max: 1 });
  await clock.advance(20_000);
  expect((await ask('/v1/fleets')).body).toMatchObject({ fleets: [{ name: 'crew', workers: [{ state: 'running' }] }] });
  expect((await ask('/v1/fleets/crew', { method: 'DELETE' })).body).toMatchObject({ state: 'closing' });
  await clock.advance(20_000);
  expect((await ask('/v1/fleets')).body).toEqual({ fleets: [] });
  expect((await ask('/v1/fleets/crew')).body).toMatchObject({ error: { code: 'fleet_unknown' } });
});

test('a repeated request returns the fleet, and another one with its name is refused', async () => {
  const { ask } = await api();
  const first = await ask('/v1/fleets', { body: crew });
  expect(await ask('/v1/fleets', { body: crew })).toMatchObject({ status: 200, body: { id: (first.body as { id: string }).id } });
  expect(await ask('/v1/fleets', { body: { ...crew, max: 3 } })).toMatchObject({ status: 422, body: { error: { code: 'key_reused' } } });
});

test('the addresses of ready workers are shown to their organisation alone', async () => {
  const { ask, clock, tokenOf, client } = await api();
  await ask('/v1/fleets', { body: { ...crew, spec: { ...request, engine: { ...request.engine, port: 8080 } } } });
  expect((await ask('/v1/fleets/crew/access')).body).toEqual({ workers: [] });
  await clock.advance(10_000);
  const { workers } = (await ask('/v1/fleets/crew/access')).body as { workers: { run: string; outputs: unknown }[] };
  expect(workers).toHaveLength(2);
  expect(workers[0]!.outputs).toEqual((await ask(`/v1/runs/${workers[0]!.run}/access`)).body);
  const token = await tokenOf('other', 'admin');
  expect(await ask('/v1/fleets/crew/access', { token })).toMatchObject({ status: 404, body: { error: { code: 'fleet_unknown' } } });
  expect((await ask('/v1/fleets', { token })).body).toEqual({ fleets: [] });
  expect(client.warnings()).toEqual([]);
});

test.each<[string, Record<string, unknown>, number, string]>([
  ['a fleet with more workers at least than at most', { min: 3 }, 422, 'must be at most `max`: min is 3, and max is 2'],
  ['a fleet on nodes that nobody has', { nodes: { zone: 'b' } }, 409, 'the node does not have the labels zone=b'],
  [
    'a fleet whose minimum is above the limits',
    { spec: { ...request, cpu: 600 } },
    409,
    '2 workers have 1200 cpu, and the organisation may have 1000',
  ],
  [
    'a spec with a file of the server',
    { spec: { ...request, copy: [{ from: '/etc', to: '/x', in: 'a' }] } },
    422,
    'copies files of the server',
  ],
])('%s is refused with the reason', async (_, more, status, cause) => {
  const organisations = new Map([['team', organisation({ most: { cpu: 1000 } })]]);
  const { ask } = await api({ organisations, nodes: [servedNode({ terms: { ...defaultTerms, labels: { zone: 'a' } } })] });
  const answer = await ask('/v1/fleets', { body: { ...crew, ...more } });
  expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(cause)]);
});

test('secrets of the spec reach the workers, and no answer', async () => {
  const { ask, clock, node } = await api();
  const engine = { ...request.engine, env: { KEY: 'hush-hush' } };
  const made = await ask('/v1/fleets', { body: { ...crew, min: 1, spec: { ...request, engine } } });
  await clock.advance(10_000);
  const shown = await Promise.all(['/v1/fleets/crew', '/v1/fleets/crew/events', '/v1/runs'].map(async (path) => (await ask(path)).text));
  expect([made.text, ...shown].join()).not.toContain('hush-hush');
  const [{ worker }] = ((await ask('/v1/fleets/crew')).body as { workers: [{ worker: string }] }).workers;
  expect(JSON.stringify(node.of(worker))).toContain('hush-hush');
});

test('events show each growth and end with who asked, why and the price', async () => {
  const { ask, clock } = await api();
  await ask('/v1/fleets', { body: { ...crew, min: 2, max: 2 } });
  await clock.advance(10_000);
  await ask('/v1/fleets/crew', { method: 'PATCH', body: { min: 1, max: 1 } });
  const { events } = (await ask('/v1/fleets/crew/events')).body as { events: { type: string; data: Record<string, unknown> }[] };
  expect(events.map(({ type, data: { run: _, worker: __, ...data } }) => [type, data])).toEqual([
    ['created', { by: expect.any(String) as string, min: 2, max: 2 }],
    ['grown', { why: 'minimum', by: 'fleet', tasks: 0, node: 'memory', usd_per_hour: 0 }],
    ['grown', { why: 'minimum', by: 'fleet', tasks: 0, node: 'memory', usd_per_hour: 0 }],
    ['changed', { by: expect.any(String) as string, min: 1, max: 1 }],
    ['freed', { why: 'above_max', cause: 'the fleet may have 1, and has 2', usd_per_hour: 0 }],
  ]);
});
