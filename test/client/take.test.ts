import { expect, test } from 'vitest';
import { livingRun, takeRun } from '../../src/client/take.js';
import { request } from '../dispatch/http/scene.js';
import { service, type Remote } from './scene.js';

function apply({ remote, clock }: Remote, spec: Record<string, unknown> = request) {
  const options = { clock, signal: new AbortController().signal };
  return livingRun(remote, 'one', options).then((living) => takeRun(remote, 'one', { spec, workers: null }, living));
}

test('the same spec again returns the living run, and makes another one after its end', async () => {
  const it = await service();
  const first = await apply(it);
  expect((await apply(it)).id).toBe(first.id);
  await it.until(first.id, 'running');
  expect((await apply(it)).id).toBe(first.id);
  await it.remote.cancel(first.id, '');
  await it.until(first.id, 'cancelled');
  const second = await apply(it);
  expect(second.id).not.toBe(first.id);
  expect(await it.remote.allRuns({ name: 'one' })).toHaveLength(2);
});

test('two calls at the same time make one run', async () => {
  const it = await service();
  const take = () => takeRun(it.remote, 'one', { spec: request, workers: null }, null);
  const [one, two] = await Promise.all([take(), take()]);
  expect(one.id).toBe(two.id);
});

test.for([{ max_duration: 301 }, { engine: { ...request.engine, env: { TOKEN: 'other' } } }])(
  'a living run of another spec is an error: %j',
  async (change) => {
    const it = await service();
    const { id } = await apply(it);
    await expect(apply(it, { ...request, ...change })).rejects.toMatchObject({
      code: 'worker_exists',
      message: `the living run ${id} has another spec, other secrets or other workers`,
    });
    expect(await it.remote.allRuns({ name: 'one' })).toHaveLength(1);
  },
);

test('a living run that another client queued is not taken', async () => {
  const it = await service();
  await it.remote.submit(request, { key: 'other', labels: {} });
  await expect(apply(it)).rejects.toMatchObject({ code: 'worker_exists' });
});

test('an ending run is waited for', async () => {
  const it = await service();
  const first = await apply(it);
  await it.until(first.id, 'running');
  expect((await it.remote.cancel(first.id, '')).state).toBe('ending');
  const applying = apply(it);
  await it.until(first.id, 'cancelled');
  await it.clock.advance(1000);
  expect((await applying).id).not.toBe(first.id);
});
