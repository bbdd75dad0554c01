import { expect, test } from 'vitest';
import { workerNameOf } from '../../../src/dispatch/worker-name.js';
import { thingsOf } from '../../memory/scene.js';
import { api, request, type Api } from './scene.js';

type Document = Record<string, unknown>;

const there = '11111111-0000-4000-8000-00000000abcd';
const secret = 'hunter2-in-env';
const spec = { ...request, engine: { ...request.engine, env: { TOKEN: secret } } };

/** A second service on the first one's node and clock. */
async function two(): Promise<{ a: Api; b: Api }> {
  const a = await api();
  const installation = { id: there, recovering: false, recovered: () => Promise.resolve() };
  return { a, b: { ...(await api({ runtime: a.client, installation })), clock: a.clock } };
}

/** Moves the clock until the run has the state at the service. */
async function until({ ask, clock }: Api, id: string, state: string): Promise<Document> {
  for (let left = 300; left > 0; left -= 1) {
    const run = (await ask(`/v1/runs/${id}`)).body as Document;
    if (run['state'] === state) return run;
    await clock.advance(1000);
  }
  throw new Error((await ask(`/v1/runs/${id}`)).text);
}

test('a run moves over the API, and its secrets are sent again', async () => {
  const { a, b } = await two();
  const { id } = (await a.ask('/v1/runs', { body: { spec, labels: { job: '1' } } })).body as { id: string };
  const { ends } = await a.until(id, 'running');
  const { installation } = (await b.ask('/v1/nodes')).body as { installation: string };
  const exported = await a.ask(`/v1/runs/${id}/export`, { body: { to: installation } });
  expect(exported).toMatchObject({ status: 200, body: { version: 1, id, labels: { job: '1' } } });
  expect(exported.text).not.toContain(secret);
  expect(exported.text).not.toContain('command');
  expect((await a.ask(`/v1/runs/${id}/export`, { body: { to: installation } })).text).toBe(exported.text);
  expect((await a.ask(`/v1/runs/${id}`)).body).toMatchObject({ state: 'moved', reason: null });
  const body = { run: exported.body, spec };
  const imported = await b.ask('/v1/runs/import', { body });
  expect(imported).toMatchObject({ status: 201, body: { id, state: 'running', ends, labels: { job: '1' }, worker: workerNameOf(id, 1) } });
  expect((await b.ask('/v1/runs/import', { body })).status).toBe(200);
  const details = await b.ask(`/v1/runs/${id}`);
  expect(details.body).toMatchObject({ spec: { engine: { env: { TOKEN: '(secret)' } } }, attempts: [{ number: 1, ended: null }] });
  expect(details.text).not.toContain(secret);
  expect(await b.ask(`/v1/runs/${id}/access`)).toMatchObject({ status: 409 });
  expect(await b.ask(`/0.1/execution/run/${id}/access`)).toMatchObject({
    status: 200,
    body: { error: ['the run was imported, and the key of its engine is in no export'] },
  });
  a.hand.exit(workerNameOf(id, 1), 'engine', 3);
  expect(await until(b, id, 'failed')).toMatchObject({ reason: 'engine_exited', exit_code: 3 });
  expect((await a.ask('/v1/runs?state=moved')).body).toMatchObject({ runs: [{ id }] });
});

test('a waiting run gets its secrets from the import', async () => {
  const { a, b } = await two();
  a.hand.goAway();
  const { id } = (await a.ask('/v1/runs', { body: { spec } })).body as { id: string };
  const { body: run } = await a.ask(`/v1/runs/${id}/export`, { body: { to: there } });
  expect([await a.store.secrets(id), await b.ask('/v1/runs/import', { body: { run } })]).toMatchObject([null, { status: 400 }]);
  await b.ask('/v1/runs/import', { body: { run, spec } });
  expect(await b.store.secrets(id)).not.toBeNull();
  a.hand.back();
  await until(b, id, 'running');
  expect(thingsOf(a.node, workerNameOf(id, 1))).toEqual(['engine running', 'lease-1 present']);
});

test('an import may have 2 MB, other bodies 1 MB, and a history that is longer is cut', async () => {
  const { a, b } = await two();
  const content = 'x'.repeat(900_000);
  const large = { ...request, engine: { ...request.engine, files: [{ to: '/a', content }] } };
  const { id } = (await a.ask('/v1/runs', { body: { spec: large } })).body as { id: string };
  await a.until(id, 'running');
  for (let number = 0; number < 40; number += 1)
    await a.store.addEvent(id, 1, { at: number, type: 'note', data: { text: 'y'.repeat(10_000) } });
  const { body: run } = await a.ask(`/v1/runs/${id}/export`, { body: { to: there } });
  const { events } = run as { events: { type: string; at: string }[] };
  expect([events.length, events.at(-1)!.type, events[0]!.at]).toEqual([20, 'moved', '1970-01-01T00:00:00.021Z']);
  const body = { run, spec: large };
  expect(JSON.stringify(body).length).toBeGreaterThan(1_048_576);
  expect((await a.ask('/v1/runs', { body })).status).toBe(413);
  expect((await b.ask('/v1/runs/import', { body })).status).toBe(201);
  expect((await b.ask('/v1/runs/import', { body: { ...body, run: 'x'.repeat(2_097_152) } })).status).toBe(413);
});

test.each<[string, (run: Document) => unknown]>([
  ['a version that is not known', (run) => ({ ...run, version: 2 })],
  ['a field that is not known', (run) => ({ ...run, spec: {} })],
  ['an id that is none', (run) => ({ ...run, id: '../x' })],
  ['a time that is none', (run) => ({ ...run, created: '2026-02-30T00:00:00Z' })],
  ['a number that is none', (run) => ({ ...run, revision: -1 })],
  ['an attempt with a field that is not known', (run) => ({ ...run, attempts: [{ ...(run['attempts'] as Document[])[0], end: null }] })],
  ['no document', () => null],
])('a document with %s is refused', async (_, change) => {
  const { a, b } = await two();
  const { id } = (await a.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  await a.until(id, 'running');
  const { body: run } = await a.ask(`/v1/runs/${id}/export`, { body: { to: there } });
  expect(await b.ask('/v1/runs/import', { body: { run: change(run as Document), spec: request } })).toMatchObject({ status: 400 });
  expect((await b.ask('/v1/runs/import', { body: { run, spec: request } })).status).toBe(201);
});
