import { expect, test } from 'vitest';
import { smallSpec, thingsOf } from '../memory/scene.js';
import { serving, submissionOf } from './scene.js';

test('a run is placed, made, followed to its expiry and completed', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  const run = await service.until(id, 'running');
  expect(run).toMatchObject({ node: 'memory', attempt: 1, readyAt: expect.any(Number) as number });
  expect(thingsOf(scene.node, run.worker!)).toEqual(['engine running', 'lease-1 present']);
  await scene.clock.advance(320_000);
  expect(await service.run(id)).toMatchObject({ state: 'completed', reason: 'expired', exitCode: 124 });
  expect(await service.events(id)).toEqual(['queued', 'placed', 'provisioning', 'ready', 'worker_gone', 'completed']);
  expect(thingsOf(scene.node, run.worker!)).toEqual([]);
});

test('the next process continues with the same worker', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const { id } = await first.submit();
  const before = thingsOf(scene.node, (await first.until(id, 'running')).worker!);
  await first.close();
  const second = await scene.serve();
  await scene.clock.advance(1000);
  const run = await second.run(id);
  expect([run.state, thingsOf(scene.node, run.worker!)]).toEqual(['running', before]);
  scene.hand.exit(run.worker!, 'engine', 0);
  await scene.clock.advance(30_000);
  expect(await second.run(id)).toMatchObject({ state: 'completed', reason: 'engine_exited', exitCode: 0, attempt: 1 });
});

test('a run that is cancelled leaves nothing', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  await service.until(id, 'running');
  await service.dispatcher.commands.cancel(id, 'not needed');
  const run = await service.until(id, 'cancelled');
  expect(run).toMatchObject({ reason: 'cancelled' });
  expect(thingsOf(scene.node, run.worker!)).toEqual([]);
});

test('a failed attempt is followed by another, with a worker of another name', async () => {
  const scene = await serving();
  const service = await scene.serve();
  service.client.faults.fail('create', { times: 1 });
  const { id } = await service.submit();
  expect(await service.until(id, 'running')).toMatchObject({ attempt: 2 });
  expect(await service.store.attempts(id)).toMatchObject([
    { number: 1, error: { code: 'backend_unreachable' } },
    { number: 2, error: null },
  ]);
});

test('a repeated request with the same key returns the first run', async () => {
  const scene = await serving();
  const { dispatcher } = await scene.serve();
  const submission = { ...submissionOf(smallSpec()), key: 'job-1' };
  const first = await dispatcher.intake.submit(submission);
  const again = await dispatcher.intake.submit(submission);
  expect([first.created, again.created, again.run.id]).toEqual([true, false, first.run.id]);
  await expect(dispatcher.intake.submit({ ...submission, bodyHash: 'b' })).rejects.toMatchObject({ code: 'key_reused' });
});

test('warnings of an attempt are in the log', async () => {
  const scene = await serving();
  const service = await scene.serve();
  service.client.faults.fail('start', { times: 1 });
  service.client.faults.fail('delete', { times: 20 });
  const { id } = await service.submit();
  await service.until(id, 'ending');
  expect(service.log).toContainEqual(expect.stringContaining('could not be removed yet: connection reset by peer'));
});
