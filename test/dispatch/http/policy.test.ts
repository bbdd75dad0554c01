import { expect, test } from 'vitest';
import { nothingAllowed } from '../../../src/dispatch/outside/rules.js';
import { api, organisation, request, servedNode } from './scene.js';

test('a spec over HTTP is not trusted: all faults at once, each with its path', async () => {
  const { ask } = await api();
  const spec = {
    ...request,
    copy: [{ from: '/etc', to: '/x' }],
    engine: { image: 'alpine', command: '${env:HOME}', pull_secret: 'env:HOME' },
  };
  const { status, body } = await ask('/v1/runs', { body: { spec } });
  expect(status).toBe(422);
  expect((body as { error: { problems: { place: string }[] } }).error.problems.map(({ place }) => place)).toEqual([
    'engine.pull_secret',
    'copy',
    'engine.command',
  ]);
});

test('keys that a parser would drop are refused', async () => {
  const { ask } = await api();
  const twice = await ask('/v1/runs', { body: '{"spec": {"max_duration": 5, "max_duration": 50}}' });
  expect(twice).toMatchObject({ status: 400, body: { error: { code: 'spec_unreadable' } } });
  const prototype = await ask('/v1/runs', { body: '{"spec": {"__proto__": {"backend": "process"}, "max_duration": 5, "engine": "idle"}}' });
  expect(prototype).toMatchObject({ status: 422, text: expect.stringContaining('has the key __proto__') as string });
});

test('a node whose workers have the rights of the service takes no run unless processes are allowed', async () => {
  const { ask, token } = await api({ nodes: [servedNode({ asUser: true })] });
  expect(token).toMatch(/^mfy_/);
  expect(await ask('/v1/runs', { body: { spec: request } })).toMatchObject({
    status: 409,
    body: {
      error: {
        code: 'no_backend',
        problems: [{ place: 'memory', cause: 'neither the node nor the organisation allows `processes`' }],
      },
    },
  });
});

test("an organisation's permission is not another's", async () => {
  const organisations = new Map([['team', organisation({ allow: { ...nothingAllowed, processes: true } })]]);
  const { ask, tokenOf } = await api({ organisations, nodes: [servedNode({ asUser: true })] });
  const token = await tokenOf('other', 'submit');
  expect((await ask('/v1/runs', { body: { spec: request } })).status).toBe(201);
  expect((await ask('/v1/runs', { token, body: { spec: request } })).status).toBe(409);
});

test('a spec that names a backend waits for nodes of that kind', async () => {
  const other = servedNode({ name: 'docker' });
  const { ask } = await api({ nodes: [servedNode(), other] });
  const { status, text } = await ask('/v1/runs', { body: { spec: { ...request, backend: 'docker' } } });
  expect([status, text]).toEqual([409, expect.stringContaining('the spec names the backend docker')]);
});
