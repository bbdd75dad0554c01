import { describe, expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { listWorkers } from '../../src/worker/list.js';
import { showWorker } from '../../src/worker/show.js';
import { openScene, type Scene, specOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

async function made() {
  const clock = manualClock();
  const scene = await openScene({ clock });
  await applyWorker(scene.client(), specOf(), { strict: false });
  return { ...scene, clock };
}

const listed = async ({ client }: Scene) => {
  const { workers } = await listWorkers(client());
  return workers.map(({ name, status, containers }) => [
    name,
    status,
    containers.map((one) => `${one.container} ${one.status}`).join(', '),
  ]);
};

describe('a worker is listed as', () => {
  test.for<[status: string, containers: string, happen: (scene: Awaited<ReturnType<typeof made>>) => void]>([
    ['ready', 'engine running, build running, db running', () => {}],
    ['degraded', 'engine running, build exited, db running', ({ hand }) => hand.exit('one', 'build', 0)],
    ['degraded', 'engine running, build running, db unhealthy', ({ hand }) => hand.health('one', 'db', 'unhealthy')],
    ['degraded', 'engine running, build paused, db running', ({ hand }) => hand.pause('one', 'build')],
    ['degraded', 'engine running, build missing, db running', ({ hand }) => hand.remove('one', 'build')],
    ['degraded', 'engine missing, build running, db running', ({ hand }) => hand.remove('one', 'engine')],
    ['ending', 'engine exited, build running, db running', ({ hand }) => hand.exit('one', 'engine', 0)],
    ['ending', 'engine running, build running, db running', ({ clock }) => clock.advance(400_000)],
    ['ending', 'engine exited, build exited, db exited', ({ hand }) => hand.restart()],
  ])('%s: %s', async ([status, containers, happen]) => {
    const scene = await made();
    happen(scene);
    expect(await listed(scene)).toEqual([['one', status, containers]]);
  });

  test('creating until it has a lease, whatever its containers do', async () => {
    const scene = await openScene();
    seed(scene.node, { lease: null, containers: ['build'] });
    scene.hand.exit('one', 'build', 1);
    expect(await listed(scene)).toEqual([['one', 'creating', 'engine running, build exited']]);
  });

  test("ending by the node's clock, not ours", async () => {
    const scene = await openScene();
    scene.hand.setClock(3_600_000);
    seed(scene.node, { lease: 60 });
    expect((await listed(scene))[0]?.[1]).toBe('ready');
    scene.hand.setClock(3_700_000);
    expect((await listed(scene))[0]?.[1]).toBe('ending');
  });
});

test('workers are sorted by name, and a node that is away is reported beside none', async () => {
  const scene = await openScene();
  for (const worker of ['b', 'c', 'a']) seed(scene.node, { worker });
  expect((await listed(scene)).map(([name]) => name)).toEqual(['a', 'b', 'c']);
  scene.hand.goAway();
  const { workers, unreachable } = await listWorkers(scene.client());
  expect([workers, unreachable.map(({ backend, inUse }) => [backend, inUse])]).toEqual([[], [['memory', false]]]);
});

describe('a worker is shown', () => {
  test('with its containers, their last lines, what ends it and when at the latest', async () => {
    const { node, hand, client, clock } = await made();
    node.resident = { name: 'mayfly-keeper', history: [] };
    node.write(node.container('one', 'db'), 'one\ntwo\n');
    hand.outOfMemory('one', 'db');
    const { worker, containers, armed, history } = await showWorker(client(), 'one');
    expect(worker?.status).toBe('degraded');
    expect(containers.map(({ container, status, outOfMemory, lastLines }) => [container, status, outOfMemory, lastLines])).toEqual([
      ['engine', 'running', false, []],
      ['build', 'running', false, []],
      ['db', 'exited', true, ['one', 'two']],
    ]);
    const endsBy = worker!.ends.endsAt;
    expect(endsBy - clock.now()).toBeGreaterThan(299_000);
    expect(armed).toEqual([
      { layer: 'keeper', detail: 'pid 4242 on this machine', endsBy },
      { layer: 'keeper', detail: expect.stringContaining('mayfly-keeper') as string, endsBy },
    ]);
    expect(history).toEqual([]);
  });

  test('with the disk that it uses, where that is asked for', async () => {
    const { hand, client } = await made();
    hand.fill('one', 'db', 7);
    expect((await showWorker(client(), 'one')).sizes).toBeNull();
    const { sizes } = await showWorker(client(), 'one', { sizes: true });
    expect(sizes?.find(({ what }) => what === 'container db')).toMatchObject({ usedMB: 7 });
  });

  test('with no promise once its time is up', async () => {
    const { clock, client } = await made();
    clock.advance(400_000);
    expect(await showWorker(client(), 'one')).toMatchObject({ worker: { status: 'ending' }, armed: [] });
  });
});
