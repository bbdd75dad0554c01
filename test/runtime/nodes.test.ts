import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entries } from '../../src/backends/registry.js';
import { systemClock } from '../../src/clock.js';
import { openNodes } from '../../src/runtime/nodes.js';
import { StateLayout } from '../../src/state/layout.js';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { listWorkers } from '../../src/worker/list.js';
import { planWorker } from '../../src/worker/plan.js';
import { showWorker } from '../../src/worker/show.js';
import { images } from '../support/docker.js';
import { noKeeper } from '../support/fake-call.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { tempDir } from '../support/temp-dir.js';
import { smallSpec, twoNodes } from '../support/two-nodes.js';

test('two daemons as two nodes of one process: workers of one name on both, and neither knows of the other', async () => {
  const [first, second, folder] = await Promise.all([
    startFakeDocker({ images: [images.busybox] }),
    startFakeDocker({ images: [images.busybox] }),
    tempDir('nodes'),
  ]);
  const stateDir = join(folder, 'state');
  const call = { ...twoNodes(stateDir, { HOME: folder, XDG_RUNTIME_DIR: folder }, first.host, second.host), keeper: noKeeper };
  const spec = smallSpec('one', images.busybox, 300);
  const strict = { strict: false };
  await Promise.all([
    applyWorker(call, spec, { ...strict, backend: 'docker' }),
    applyWorker(call, spec, { ...strict, backend: 'docker@second' }),
  ]);
  expect([first, second].map(({ state }) => state.containers.size)).toEqual([1, 1]);
  const seen = async () => (await listWorkers(call)).workers.map(({ name, backend, endpoint }) => [name, backend, endpoint]);
  expect(await seen()).toEqual([
    ['one', 'docker', first.host],
    ['one', 'docker@second', second.host],
  ]);
  await expect(showWorker(call, 'one')).rejects.toMatchObject({
    code: 'worker_ambiguous',
    message: 'both docker and docker@second have a worker of this name',
  });
  expect(['docker/one', 'docker@second/one'].map((path) => existsSync(join(stateDir, 'workers', path)))).toEqual([true, true]);
  const { plan } = await planWorker(call, { ...spec, memory: 32 }, { ...strict, backend: 'docker@second' });
  expect([plan.offer.backend, plan.offer.facts.kind]).toEqual(['docker@second', 'docker']);
  const memoryOf = ({ state }: typeof first) => [...state.containers.values()].map(({ hostConfig }) => (hostConfig.Memory ?? 0) / 2 ** 20);
  await applyWorker(call, plan.spec, { ...strict, saved: plan });
  expect([first, second].map(memoryOf)).toEqual([[16], [32]]);
  await destroyWorker(call, 'one', { backend: 'docker@second' });
  expect(await seen()).toEqual([['one', 'docker', first.host]]);
  expect(['docker/one', 'docker@second/one'].map((path) => existsSync(join(stateDir, 'workers', path)))).toEqual([true, false]);
  expect((await call.layout.history.of('one')).map(({ backend, endpoint }) => [backend, endpoint])).toEqual([
    ['docker@second', second.host],
  ]);
});

test('locks and scratch directories of nodes never meet, and those of a kind are where they were', () => {
  const layout = new StateLayout('/state', systemClock);
  const locks = [
    ['docker', 'c'],
    ['docker@a', 'b-c'],
    ['docker@a-b', 'c'],
    ['docker@a.b', 'c'],
  ] as const;
  expect(locks.map(([node, worker]) => layout.lock(node, worker))).toEqual([
    '/state/locks/docker-c.json',
    '/state/locks/docker@a/b-c.json',
    '/state/locks/docker@a-b/c.json',
    '/state/locks/docker@a.b/c.json',
  ]);
});

test('a node that is not there, and a kind that is none, are errors of whoever names them', async () => {
  const nodes = openNodes({ entries, nodes: [{ name: 'docker', settings: {} }], env: {}, clock: systemClock });
  expect(() => nodes.entry('docker@other')).toThrow(expect.objectContaining({ code: 'usage', remedy: 'name one of docker' }) as Error);
  await expect((async () => nodes.open('podman'))()).rejects.toMatchObject({ code: 'usage', remedy: 'use one of docker, process, aws' });
});
