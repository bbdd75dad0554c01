import { expect, test } from 'vitest';
import { api, request } from './scene.js';

test("a node's answer to a spec, and nothing is stored", async () => {
  const { ask, store } = await api();
  const { status, body } = await ask('/v1/offers', { body: { spec: { ...request, cpu: 100 } } });
  expect([status, body]).toEqual([
    200,
    {
      offers: [
        {
          ...{ node: 'memory', accepted: true, free_now: true, reasons: [], closed: [], rounded: [], warnings: [], price: null },
          unenforced: [expect.stringContaining('storage is not enforced')],
        },
      ],
    },
  ]);
  expect((await store.runs({ limit: 10 })).runs).toEqual([]);
});

test('a spec that no node can take has the reasons, and one that has no room now has not', async () => {
  const { ask, until, tokenOf } = await api();
  const offerOf = async (cpu: number) =>
    ((await ask('/v1/offers', { body: { spec: { ...request, cpu } } })).body as { offers: object[] }).offers[0];
  expect(await offerOf(4001)).toMatchObject({
    accepted: false,
    free_now: false,
    reasons: ['it asks for 4001 millicores, and the node has 4000: ask for less'],
  });
  const { id } = (await ask('/v1/runs', { body: { spec: { ...request, cpu: 3000 } } })).body as { id: string };
  await until(id, 'running');
  expect(await offerOf(1001)).toMatchObject({ accepted: true, free_now: false, reasons: [], closed: [] });
  await ask('/v1/nodes/memory/cordon', { method: 'POST', token: await tokenOf('default', 'admin') });
  expect(await offerOf(1000)).toMatchObject({ accepted: true, free_now: false, closed: ['it is cordoned by an administrator'] });
});

test('a node that does not answer says neither yes nor no', async () => {
  const { ask, node, clock } = await api();
  node.away = new Error('connection refused');
  await clock.advance(6000);
  expect((await ask('/v1/offers', { body: { spec: request } })).body).toMatchObject({
    offers: [
      { accepted: null, free_now: false, reasons: ['no answer: connection refused'], closed: ['it does not answer: connection refused'] },
    ],
  });
});

test('a spec is checked as for a run', async () => {
  const { ask } = await api();
  expect((await ask('/v1/offers', { body: { spec: { ...request, env_file: '/etc/passwd' } } })).status).toBe(422);
});
