import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { planWorker } from '../../src/worker/plan.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { nodeName, openScene, specOf, thingsOf } from './scene.js';

/** The changes of a plan. */
async function planned({ client }: Awaited<ReturnType<typeof openScene>>, spec: WorkerSpec): Promise<string[]> {
  const { plan } = await planWorker(client(), spec, { strict: false });
  return plan.changes.filter(({ action }) => action !== 'none').map(({ address, action }) => `${action} ${address}`);
}

const whole = ['build running', 'db running', 'engine running', 'lease-1 present', 'work present'];

test('a worker is planned, made, edited, put right and ended', async () => {
  const scene = await openScene();
  const { node, hand, layout, client } = scene;
  expect(await planned(scene, specOf())).toEqual([
    'create memory_volume.work',
    'create memory_container.engine',
    'create memory_container.build',
    'create memory_container.db',
  ]);
  expect(thingsOf(node)).toEqual([]);
  const { done, outputs } = await applyWorker(client(), specOf(), { strict: false });
  expect([done, thingsOf(node)]).toEqual([true, whole]);
  expect(outputs['access']).toMatchObject({ value: { addresses: ['127.0.0.1'], port: null } });
  expect(await planned(scene, specOf())).toEqual([]);
  expect(await planned(scene, specOf({ memory: 32 }))).toEqual(['update memory_container.engine']);
  hand.remove('one', 'build');
  hand.exit('one', 'db', 1);
  expect(await planned(scene, specOf())).toEqual(['create memory_container.build', 'update memory_container.db']);
  await rm(layout.worker(nodeName, 'one').path, { recursive: true });
  await applyWorker(client(), specOf({ memory: 32 }), { strict: false });
  // Its lease lists other containers.
  expect(thingsOf(node)).toEqual(['build running', 'db running', 'engine running', 'lease-2 present', 'work present']);
  expect(await planned(scene, specOf({ memory: 32 }))).toEqual([]);
  expect(await destroyWorker(client(), 'one', {})).toMatchObject({ done: true });
  expect([thingsOf(node), await layout.known()]).toEqual([[], []]);
});
