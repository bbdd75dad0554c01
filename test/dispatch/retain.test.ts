import { expect, test } from 'vitest';
import { smallSpec, thingsOf } from '../memory/scene.js';
import { serving } from './scene.js';

async function failedEngine() {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ spec: smallSpec({ retain: { failure: 60 } }) });
  const { worker } = await service.until(id, 'running');
  scene.hand.exit(worker!, 'engine', 3);
  await service.until(id, 'ending');
  return { scene, service, id, worker: worker! };
}

const kept = ['engine exited', 'lease-2 present'];

test('the worker of a failed run is kept for its time, and the run fails with the code of its engine', async () => {
  const { scene, service, id, worker } = await failedEngine();
  await scene.clock.advance(45_000);
  expect([thingsOf(scene.node, worker), (await service.run(id)).state]).toEqual([kept, 'ending']);
  await scene.clock.advance(30_000);
  expect(await service.run(id)).toMatchObject({ state: 'failed', reason: 'engine_exited', exitCode: 3 });
  expect(thingsOf(scene.node, worker)).toEqual([]);
  expect(await service.events(id)).toEqual(['queued', 'placed', 'provisioning', 'ready', 'retained', 'failed']);
});

test('a restart of the service keeps it, and a cancel ends it at once', async () => {
  const { scene, service, id, worker } = await failedEngine();
  await service.close();
  const next = await scene.serve();
  await scene.clock.advance(10_000);
  expect(thingsOf(scene.node, worker)).toEqual(kept);
  await next.dispatcher.commands.cancel(id, 'seen enough');
  await next.until(id, 'cancelled');
  expect(thingsOf(scene.node, worker)).toEqual([]);
});
