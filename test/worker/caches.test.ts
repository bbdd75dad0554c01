import { describe, expect, test } from 'vitest';
import { sweepCaches } from '../../src/lease/cache-sweep.js';
import { sweep } from '../../src/lease/sweep.js';
import { applyWorker } from '../../src/worker/apply.js';
import { listCaches, removeCacheNamed } from '../../src/worker/cache-list.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { planWorker } from '../../src/worker/plan.js';
import { hasChanges } from '../../src/plan/plan.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { untilIdle } from '../support/idle.js';
import { bury, type Client, openScene, type Scene, smallSpec } from '../memory/scene.js';
import { manualClock } from '../support/manual-clock.js';

const hour = 3_600_000;
/** Records have whole seconds. */
const second = (time: number) => Math.floor(time / 1000) * 1000;
const cached = (name: string, more: object = {}) =>
  smallSpec({ name, caches: [{ name: 'pip', to: '/cache', size: 100, keep: '2h', ...more }] });

interface Stage extends Scene {
  clock: ReturnType<typeof manualClock>;
  apply(spec: WorkerSpec, client?: Client): Promise<Client>;
  destroy(name: string): Promise<unknown>;
  /** Names of the objects of caches, records and files. */
  kept(): string[];
  mountOf(worker: string): unknown;
  gc(options?: { dryRun: boolean }): Promise<unknown>;
}

async function stage(): Promise<Stage> {
  const clock = manualClock();
  const scene = await openScene({ clock });
  const { node, client: open, layout } = scene;
  return {
    ...{ ...scene, clock },
    async apply(spec, client = open()) {
      await applyWorker(client, spec, { strict: false });
      return client;
    },
    destroy: (name) => destroyWorker(open(), name, {}),
    kept: () =>
      node
        .list()
        .map(({ name }) => name)
        .filter((name) => name.startsWith('cache/'))
        .sort(),
    mountOf: (worker) => node.find(`${worker}/engine`)?.configuration['mounts'],
    async gc({ dryRun } = { dryRun: false }) {
      const { backend } = open();
      return (await sweep({ backend, layout, clock, dryRun, lockTimeout: 0 })).caches;
    },
  };
}

describe('a cache', () => {
  test('outlives its worker, is used by the next one, and expires after its last use', async () => {
    const { apply, destroy, kept, mountOf, gc, clock, client } = await stage();
    await apply(cached('a'));
    expect(mountOf('a')).toEqual({ '/cache': 'cache/pip' });
    await destroy('a');
    expect(kept()).toEqual(['cache/pip', 'cache/pip/2']);
    clock.advance(1.5 * hour);
    await apply(cached('b'));
    expect(mountOf('b')).toEqual({ '/cache': 'cache/pip' });
    await destroy('b');
    clock.advance(1.5 * hour);
    expect(await gc()).toEqual([]);
    const { caches } = await listCaches(client());
    expect(caches).toMatchObject([
      { name: 'pip', sizeMB: 100, writer: null, lastUse: second(clock.now() - 1.5 * hour), expires: second(clock.now() + 0.5 * hour) },
    ]);
    clock.advance(0.5 * hour);
    expect(await gc({ dryRun: true })).toEqual([{ cache: 'pip', reason: 'expired' }]);
    expect(kept()).toHaveLength(2);
    expect(await gc()).toEqual([{ cache: 'pip', reason: 'expired' }]);
    expect(kept()).toEqual([]);
  });

  test('is in no list of workers, and a second apply of the same spec changes nothing', async () => {
    const { apply, client, elsewhere } = await stage();
    await apply(cached('a'));
    for (const layout of [undefined, await elsewhere()]) {
      const { plan } = await planWorker(client(layout && { layout }), cached('a'), { strict: false });
      expect([hasChanges(plan), plan.offer.warnings]).toEqual([false, []]);
    }
    const objects = await client().backend.list();
    expect([...new Set(objects.map(({ worker }) => worker))]).toEqual(['a']);
  });

  test('has one writer: a worker at the same time gets a copy that ends with it', async () => {
    const { apply, destroy, kept, mountOf, node, client } = await stage();
    await apply(cached('a'));
    node.find('cache/pip')!.usedMB = 40;
    const { plan } = await planWorker(client(), cached('b'), { strict: false });
    expect(plan.offer.warnings).toEqual(['a writes the cache pip, so this worker has a copy: its changes to it end with this worker']);
    await apply(cached('b'));
    expect(mountOf('b')).toEqual({ '/cache': 'b/cache:pip' });
    expect(node.find('b/cache:pip')!.usedMB).toBe(40);
    await destroy('a');
    // The copy stays a copy: a living container keeps its place.
    const again = await planWorker(client(), cached('b'), { strict: false });
    expect(hasChanges(again.plan)).toBe(false);
    await apply(cached('b'));
    await apply(cached('c'));
    expect(mountOf('c')).toEqual({ '/cache': 'cache/pip' });
    await destroy('b');
    expect(node.find('b/cache:pip')).toBeNull();
    await destroy('c');
    expect(kept()).toEqual(['cache/pip', 'cache/pip/4']);
  });

  test('that another worker claims between plan and apply is a copy, and the apply reports it', async () => {
    const { apply, mountOf, client } = await stage();
    const late = client();
    const held = late.faults.hold('create', { of: 'b/cache:pip' });
    const applying = apply(cached('b'), late);
    await held.reached;
    await apply(cached('a'));
    held.release();
    await applying;
    expect([mountOf('a'), mountOf('b')]).toEqual([{ '/cache': 'cache/pip' }, { '/cache': 'b/cache:pip' }]);
    expect(late.warnings()).toEqual(['a writes the cache pip, so this worker has a copy: its changes to it end with this worker']);
  });

  test('has one writer of many that start at once', async () => {
    const { apply, mountOf } = await stage();
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => apply(cached(name))));
    const places = names.map((name) => (mountOf(name) as Record<string, string>)['/cache']);
    expect(places.filter((place) => place === 'cache/pip')).toHaveLength(1);
    expect(new Set(places).size).toBe(5);
  });

  test('of a writer that was removed by hand is free at the next sweep, and not due at once', async () => {
    const { apply, client, node, clock } = await stage();
    await apply(cached('a', { keep: 60 }));
    clock.advance(hour / 12);
    for (const { id } of node.of('a').toReversed()) node.delete(id);
    expect(await sweepCaches({ backend: client().backend, clock, measure: false })).toEqual([]);
    const { caches } = await listCaches(client());
    expect(caches).toMatchObject([{ writer: null, lastUse: second(clock.now()) }]);
  });

  test('keeps its newest record only after a sweep, where a killed process has left an earlier one', async () => {
    const { apply, destroy, kept, gc, client } = await stage();
    await apply(cached('a'));
    await destroy('a');
    const left = { cache: 'pip', number: 1, holder: 'a', removal: false, usedAt: 1000, keep: 60, sizeMB: 1 };
    await client().backend.caches!.write(left);
    expect(await gc({ dryRun: true })).toEqual([]);
    expect(kept()).toEqual(['cache/pip', 'cache/pip/1', 'cache/pip/2']);
    expect(await gc()).toEqual([]);
    expect(kept()).toEqual(['cache/pip', 'cache/pip/2']);
  });

  test('that is too large stays while it is used, and is removed after its use', async () => {
    const { apply, destroy, gc, node, kept } = await stage();
    await apply(cached('a'));
    node.find('cache/pip')!.usedMB = 101;
    expect(await gc()).toEqual([]);
    expect(node.of('a').map(({ run }) => run?.status)).toContain('running');
    await destroy('a');
    expect(await gc()).toEqual([{ cache: 'pip', reason: 'outgrown' }]);
    expect(kept()).toEqual([]);
  });

  test('is not removed by name while a worker writes it', async () => {
    const { apply, destroy, client, kept } = await stage();
    await apply(cached('a'));
    await expect(removeCacheNamed(client(), 'pip')).rejects.toThrow('the cache cannot be removed: the worker a uses it');
    expect(kept()).toEqual(['cache/pip', 'cache/pip/1']);
    await destroy('a');
    expect(await removeCacheNamed(client(), 'pip')).toEqual(['memory']);
    expect(kept()).toEqual([]);
    await expect(removeCacheNamed(client(), 'pip')).rejects.toThrow('no cache of this name exists');
  });

  test('with records lost, or a removal that was not finished, is removed by a sweep', async () => {
    const { apply, destroy, gc, node, client, clock, kept } = await stage();
    await apply(cached('a'));
    await destroy('a');
    node.delete(node.find('cache/pip/2')!.id);
    expect(await gc()).toEqual([{ cache: 'pip', reason: 'lost' }]);
    await apply(cached('a'));
    await destroy('a');
    const { caches } = client().backend;
    const [cache] = await caches!.list();
    await caches!.write({ ...cache!.records[0]!, number: 3, removal: true });
    expect(await gc()).toEqual([]);
    clock.advance(60_000);
    expect(await gc()).toEqual([{ cache: 'pip', reason: 'interrupted' }]);
    expect(kept()).toEqual([]);
  });
});

describe('a process that makes, copies, uses or removes a cache, killed at each call', () => {
  interface Doing {
    /** A worker that writes the cache already. */
    writer: boolean;
    run(client: Client): Promise<unknown>;
  }
  const doings: Record<string, Doing> = {
    'apply and destroy of a writer': {
      writer: false,
      async run(client) {
        await applyWorker(client, cached('b'), { strict: false });
        await destroyWorker(client, 'b', {});
      },
    },
    'apply and destroy of a copy': {
      writer: true,
      async run(client) {
        await applyWorker(client, cached('b'), { strict: false });
        await destroyWorker(client, 'b', {});
      },
    },
  };

  test.each(Object.entries(doings))('%s: the next worker starts, and in the end nothing is left', async (_name, { writer, run }) => {
    const begin = async () => {
      const scene = await stage();
      if (writer) await scene.apply(cached('a'));
      return scene;
    };
    const unharmed = await begin();
    const client = unharmed.client();
    await run(client);
    const calls = client.faults.calls.length;
    for (let point = 0; point < 2 * calls; point += 1) {
      const [at, moment] = [Math.floor(point / 2) + 1, point % 2 === 0 ? 'before' : 'after'] as const;
      const scene = await begin();
      const victim = scene.client();
      victim.faults.crashAt(at, moment);
      await Promise.race([victim.faults.death, run(victim)]);
      await untilIdle();
      bury(scene.layout);
      const where = `killed ${moment} ${victim.faults.calls.at(-1)} (${at})`;
      await scene.apply(cached('c'));
      const writers = ['a', 'b', 'c'].filter(
        (name) => (scene.mountOf(name) as Record<string, string> | undefined)?.['/cache'] === 'cache/pip',
      );
      expect(writers.length, where).toBeLessThanOrEqual(1);
      // All workers expire, then the caches.
      scene.clock.advance(3 * hour);
      await scene.gc();
      scene.clock.advance(3 * hour);
      await scene.gc();
      expect(
        scene.node.list().map(({ name }) => name),
        where,
      ).toEqual([]);
    }
  });

  test('a removal: the next sweep finishes it', async () => {
    for (let point = 0; point < 100; point += 1) {
      const scene = await stage();
      await scene.apply(cached('a'));
      await scene.destroy('a');
      const victim = scene.client();
      victim.faults.crashAt(Math.floor(point / 2) + 1, point % 2 === 0 ? 'before' : 'after');
      const done = await Promise.race([victim.faults.death, removeCacheNamed(victim, 'pip')]);
      if (done !== undefined) return expect(point).toBeGreaterThan(10);
      await untilIdle();
      scene.clock.advance(3 * hour);
      await scene.gc();
      expect(scene.kept(), `killed at ${victim.faults.calls.at(-1)}`).toEqual([]);
    }
    throw new Error('a removal takes fewer calls');
  });
});
