import { expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { listWorkers } from '../../src/worker/list.js';
import { showWorker } from '../../src/worker/show.js';
import { byEitherName } from '../../src/worker/spec-name.js';
import { openScene, type Scene, smallSpec } from '../memory/scene.js';

/** A dispatcher's worker, made from a spec of the name. */
async function make({ client }: Scene, name: string, specName: string): Promise<void> {
  const birth = { dispatcher: '5d1c0c0e-3a2f-4a55-9d0e-6a2f4e1b7c11', name: specName };
  await applyWorker(client(), smallSpec({ name }), { strict: false, birth });
}

const shownAs = ({ client }: Scene, name: string) => {
  const own = client();
  return byEitherName(own, name, undefined, async (worker) => (await showWorker(own, worker)).worker?.name);
};

test('a worker of a dispatcher is found by the name in its spec, and listed with it', async () => {
  const scene = await openScene();
  await make(scene, 'rabc', 'ci');
  const { workers } = await listWorkers(scene.client());
  expect(workers.map(({ name, specName }) => [name, specName])).toEqual([['rabc', 'ci']]);
  expect([await shownAs(scene, 'ci'), await shownAs(scene, 'rabc')]).toEqual(['rabc', 'rabc']);
  const own = scene.client();
  await byEitherName(own, 'ci', undefined, (worker) => destroyWorker(own, worker, {}));
  expect(scene.node.of('rabc')).toEqual([]);
});

test("a worker's own name counts first, also after its end", async () => {
  const scene = await openScene();
  await applyWorker(scene.client(), smallSpec({ name: 'ci' }), { strict: false });
  await make(scene, 'rabc', 'ci');
  expect(await shownAs(scene, 'ci')).toBe('ci');
  const own = scene.client();
  const destroy = () => byEitherName(own, 'ci', undefined, (worker) => destroyWorker(own, worker, {}));
  await destroy();
  expect(await destroy()).toMatchObject({ gone: true });
  expect(scene.node.of('rabc')).toHaveLength(2);
});

test('a name of several specs, and one of none, are errors', async () => {
  const scene = await openScene();
  await make(scene, 'rabc', 'ci');
  await make(scene, 'rabd', 'ci');
  await expect(shownAs(scene, 'ci')).rejects.toMatchObject({
    code: 'worker_ambiguous',
    message: 'several workers have a spec of this name: rabc, rabd',
  });
  await expect(shownAs(scene, 'cd')).rejects.toMatchObject({ code: 'worker_unknown' });
});
