import { request } from 'node:http';
import { expect, test } from 'vitest';
import { api, must } from '../docker.js';
import { startFakeDocker } from './index.js';

const image = 'mayfly-test/busybox:1';

test('fails as told, as often as told', async () => {
  const { faults, socketPath } = await startFakeDocker();
  faults.fail(({ path }) => path === '/info', { status: 503, message: 'not now', times: 1 });
  expect(await api('GET', '/info', undefined, socketPath)).toEqual({ status: 503, body: { message: 'not now' } });
  expect((await api('GET', '/info', undefined, socketPath)).status).toBe(200);
});

test.each([
  ['before', 0],
  ['after', 1],
] as const)('a connection dropped %s leaves %i volumes', async (moment, count) => {
  const { faults, socketPath, state } = await startFakeDocker();
  faults.dropConnection(({ path }) => path === '/volumes/create', moment, { times: 1 });
  await expect(api('POST', '/volumes/create', { Name: 'work' }, socketPath)).rejects.toThrow();
  expect(state.volumes.size).toBe(count);
});

test('hangs as told, while others are answered', async () => {
  const { faults, socketPath } = await startFakeDocker();
  faults.hang(({ path }) => path === '/info');
  let answered = false;
  const hanging = api('GET', '/info', undefined, socketPath).then(
    () => (answered = true),
    () => {},
  );
  expect((await api('GET', '/_ping', undefined, socketPath)).body).toBe('OK');
  expect(answered).toBe(false);
  void hanging;
});

test('its clock is the one it is given', async () => {
  const { socketPath } = await startFakeDocker({ now: () => Date.UTC(2030, 0, 2) });
  expect((await api<{ SystemTime: string }>('GET', '/info', undefined, socketPath)).body.SystemTime).toBe('2030-01-02T00:00:00.000Z');
  expect((await api<{ CreatedAt: string }>('POST', '/volumes/create', { Name: 'work' }, socketPath)).body.CreatedAt).toBe(
    '2030-01-02T00:00:00Z',
  );
});

test('pulls layer by layer what the registry has, with credentials where it wants them', async () => {
  const { state, socketPath } = await startFakeDocker();
  state.registry.set(image, { layers: [100, 200], auth: { username: 'me' } });
  const pull = (headers: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      const req = request({ socketPath, method: 'POST', path: '/images/create?fromImage=mayfly-test/busybox&tag=1', headers }, (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString())).once('end', () => resolve(text));
      });
      req.once('error', reject).end();
    });
  expect(await pull({})).toContain('unauthorized');
  const lines = (await pull({ 'x-registry-auth': Buffer.from('{"username":"me"}').toString('base64url') }))
    .trim()
    .split('\r\n')
    .map((line) => JSON.parse(line) as { status: string; id?: string });
  expect(lines.filter(({ status }) => status === 'Pull complete')).toHaveLength(2);
  expect(state.images.has(image)).toBe(true);
  expect((await api('POST', '/images/create?fromImage=none&tag=1', undefined, socketPath)).status).toBe(404);
});

test('health, exits and logs are told from outside', async () => {
  const fake = await startFakeDocker({ images: [image], behave: () => ({ health: 'starting' }) });
  const { socketPath } = fake;
  const { Id } = await must<{ Id: string }>(
    'POST',
    '/containers/create?name=db',
    { Image: image, Healthcheck: { Test: ['CMD', 'true'] } },
    socketPath,
  );
  await must('POST', '/containers/db/start', undefined, socketPath);
  const state = async () => (await must<{ State: object }>('GET', `/containers/${Id}/json`, undefined, socketPath)).State;
  expect(await state()).toMatchObject({ Health: { Status: 'starting' } });
  fake.health('db', 'healthy');
  expect(await state()).toMatchObject({ Health: { Status: 'healthy' } });
  const waited = must('POST', '/containers/db/wait', undefined, socketPath);
  fake.exit('db', 137, { oomKilled: true });
  expect(await waited).toMatchObject({ StatusCode: 137 });
  expect(await state()).toMatchObject({ Status: 'exited', ExitCode: 137, OOMKilled: true });
});

test('a thousand containers are listed and inspected in a moment', async () => {
  const { socketPath } = await startFakeDocker({ images: [image] });
  for (let i = 0; i < 1000; i++)
    await must('POST', `/containers/create?name=c${i}`, { Image: image, Labels: { worker: 'many' } }, socketPath);
  const started = performance.now();
  expect(await must<unknown[]>('GET', '/containers/json?all=1', undefined, socketPath)).toHaveLength(1000);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => must('GET', `/containers/c${i}/json`, undefined, socketPath)));
  // Far above what it takes, so that only another order of growth fails it.
  expect(performance.now() - started).toBeLessThan(5000);
});
