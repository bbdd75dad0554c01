import { expect, test } from 'vitest';
import { type Api, api, request as withoutPort } from '../scene.js';
import { request, uuid } from './request.js';

async function started({ ask }: Api, body: object = request): Promise<string> {
  const { status, body: answer } = await ask('/0.1/execution/run/start', { body });
  expect([status, answer]).toEqual([200, { ok: expect.stringMatching(uuid) as string }]);
  return (answer as { ok: string }).ok;
}

const accessOf = (id: string) => `/0.1/execution/run/${id}/access`;

test('a start is a run, and its access is there when the engine listens', async () => {
  const scene = await api();
  const id = await started(scene);
  expect(await scene.ask(accessOf(id))).toMatchObject({ status: 202 });
  await scene.until(id, 'running');
  const access = await scene.ask(accessOf(id));
  const { access: outputs } = (await scene.ask(`/v1/runs/${id}/access`)).body as { access: Record<string, unknown> };
  expect([access.status, access.body]).toEqual([
    200,
    { started: { id, addresses: ['127.0.0.1'], port: outputs['port'], key: outputs['remote_key'] } },
  ]);
  expect(outputs['self_key']).toBe('73c28ee9-58c0-4afe-9a3e-f2881b781d31');
});

test("group and parent of a request are labels of the run, and the organisation is the token's", async () => {
  const scene = await api();
  const id = await started(scene, {
    ...request,
    id: '00000000-0000-4000-8000-000000000001',
    organization_id: '00000000-0000-4000-8000-000000000002',
  });
  expect((await scene.ask(`/v1/runs/${id}`)).body).toMatchObject({
    organisation: 'team',
    labels: {
      id: '00000000-0000-4000-8000-000000000001',
      organization_id: 'team',
      group_id: '847d3348-5ef1-487d-86a2-2e280bcbe04f',
      parent_id: '4ce8927e-55e3-4841-afbb-c56d1c70c2ba',
    },
  });
});

test('a request that cannot be a run is answered with status 200 and all reasons', async () => {
  const { ask } = await api();
  const wrong = await ask('/0.1/execution/run/start', { body: { ...request, cpu: 'lots', copy: [{ from: '/etc', to: '/x' }] } });
  expect([wrong.status, wrong.body]).toEqual([
    200,
    {
      error: [
        'copy: copies files of the server → put small files under `files`, or build the image with them',
        expect.stringContaining('cpu: must be a whole number of millicores, got "lots" → write for example `cpu: 1000`') as string,
      ],
    },
  ]);
  const tooLarge = await ask('/0.1/execution/run/start', { body: { ...request, memory: 1_000_000 } });
  expect([tooLarge.status, tooLarge.body]).toEqual([200, { error: [expect.stringContaining('memory: it asks for') as string] }]);
  const noJson = await ask('/0.1/execution/run/start', { body: 'hello' });
  expect([noJson.status, noJson.body]).toEqual([200, { error: ['body: is not JSON → send a JSON object'] }]);
});

test('a run whose engine has no port is an error, not 202 for ever', async () => {
  const scene = await api();
  const { id } = (await scene.ask('/v1/runs', { body: { spec: withoutPort } })).body as { id: string };
  expect((await scene.ask(accessOf(id))).status).toBe(202);
  await scene.until(id, 'running');
  expect(await scene.ask(accessOf(id))).toMatchObject({ status: 200, body: { error: ['the engine of the run has no port'] } });
});

test('a wrong token is 401, and one that may only read starts nothing', async () => {
  const { ask, tokenOf } = await api();
  const start = '/0.1/execution/run/start';
  expect((await ask(start, { body: request, token: 'mfy_wrong' })).status).toBe(401);
  expect((await ask(start, { body: request, token: null })).status).toBe(401);
  expect((await ask(start, { body: request, token: await tokenOf('team', 'read') })).status).toBe(403);
  expect((await ask('/v1/runs')).body).toMatchObject({ runs: [] });
});

test("another organisation's run, and one that is not there, are unknown", async () => {
  const scene = await api();
  const id = await started(scene);
  const answers = [
    await scene.ask(accessOf(id), { token: await scene.tokenOf('other', 'admin') }),
    await scene.ask(accessOf('00000000-0000-4000-8000-000000000009')),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  expect(answers[0]!.body).toEqual({ error: [`${id}: there is no run with this id → see GET /v1/runs`] });
});

test('a failed run lists the errors of all attempts, the oldest first, and 202 is answered until then', async () => {
  const scene = await api();
  const causes = ['first', 'second', 'third'];
  for (const cause of causes) scene.client.faults.fail('create', { times: 1, error: new Error(`the ${cause}`) });
  const id = await started(scene);
  await scene.clock.advance(2000);
  expect((await scene.ask(accessOf(id))).status).toBe(202);
  expect((await scene.ask(`/v1/runs/${id}/events`)).text).toContain('the first');
  await scene.until(id, 'failed');
  const { status, body } = await scene.ask(accessOf(id));
  expect([status, body]).toEqual([
    200,
    {
      error: [1, 2, 3].map(
        (number) => expect.stringContaining(`attempt ${number} on memory: memory_volume.share: the ${causes[number - 1]}`) as string,
      ),
    },
  ]);
});

test('a run whose engine has failed, or that was cancelled, says so', async () => {
  const scene = await api();
  const id = await started(scene);
  const { worker } = await scene.until(id, 'running');
  scene.hand.exit(worker as string, 'engine', 3);
  await scene.until(id, 'failed');
  expect((await scene.ask(accessOf(id))).body).toEqual({ error: ['attempt 1 on memory: engine ended with exit code 3'] });
  const other = await started(scene);
  await scene.ask(`/v1/runs/${other}/cancel`, { body: {} });
  expect((await scene.ask(accessOf(other))).body).toEqual({ error: ['the run is cancelled'] });
});
