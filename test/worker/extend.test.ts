import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/state/lock.js';
import { extendWorker } from '../../src/worker/extend.js';
import { nodeName, openScene, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

/** A worker born now, with a lease of 300 s and a cap of 1000 s. */
async function scene(maxLifetime = 1000) {
  const clock = manualClock();
  const all = await openScene({ clock });
  seed(all.node, { lease: 300, lifetime: 360, maxLifetime });
  const extend = (seconds: number, settings = {}) => extendWorker(all.client({ settings }), 'one', seconds);
  /** Seconds from now. */
  const endsIn = async () =>
    (Math.max(...(await all.client().backend.list('one')).map(({ lease }) => lease?.ends ?? 0)) * 1000 - clock.now()) / 1000;
  return { ...all, clock, extend, endsIn };
}

const refused = (text: string) => ({ code: 'lease_refused', message: expect.stringContaining(text) as string });

describe('an end is moved', () => {
  test.for([
    [60, 360],
    [700, 1000],
    [-60, 240],
    [-299, 1],
  ] as const)('by %d s', async ([seconds, to]) => {
    const { clock, extend, endsIn, node } = await scene();
    const began = clock.now();
    expect(await extend(seconds)).toEqual({ from: began + 300_000, to: began + to * 1000 });
    expect([await endsIn(), thingsOf(node).filter((thing) => thing.startsWith('lease'))]).toEqual([to, ['lease-2 present']]);
  });

  test('up to the cap, which is counted from the birth, however often it is asked for', async () => {
    const { clock, extend, endsIn } = await scene();
    await extend(300);
    clock.advance(500_000);
    await extend(400);
    clock.advance(400_000);
    expect(await endsIn()).toBe(100);
    await expect(extend(1)).rejects.toMatchObject({ ...refused('1000 s'), remedy: expect.stringContaining('by 0 s at most') as string });
  });
});

describe('an end is not moved', () => {
  test('beyond what the worker was born with, with the most that is left', async () => {
    const { clock, extend } = await scene();
    clock.advance(200_000);
    await expect(extend(701)).rejects.toMatchObject({
      ...refused('1000 s'),
      remedy: expect.stringContaining('by 700 s at most') as string,
    });
  });

  test('beyond max_lifetime of the settings, counted from the birth too', async () => {
    const { clock, extend, endsIn } = await scene(5000);
    clock.advance(200_000);
    await expect(extend(301, { maxLifetime: 600 })).rejects.toMatchObject({
      ...refused('600 s (max_lifetime)'),
      remedy: expect.stringContaining('by 300 s at most') as string,
    });
    await extend(300, { maxLifetime: 600 });
    expect(await endsIn()).toBe(400);
  });

  test('beyond 30 days by settings of nobody', async () => {
    const { extend } = await scene(10_000_000);
    await expect(extend(2_591_701)).rejects.toMatchObject(refused('2592000 s (max_lifetime)'));
    await extend(2_591_700);
  });

  test.for([-300, -301])('into the past: by %d s of 300', async (seconds) => {
    const { extend, endsIn } = await scene();
    await expect(extend(seconds)).rejects.toMatchObject({
      code: 'lease_refused',
      remedy: expect.stringContaining('mayfly destroy one') as string,
    });
    expect(await endsIn()).toBe(300);
  });

  test.for([0, 3_600_000, -3_600_000])('once it has come, by the clock of the node (%d ms ahead)', async (skew) => {
    const clock = manualClock();
    const { node, hand, client } = await openScene({ clock });
    hand.setClock(skew);
    seed(node, { lease: 300 });
    clock.advance(299_999);
    await extendWorker(client(), 'one', 1);
    clock.advance(1001);
    await expect(extendWorker(client(), 'one', 600)).rejects.toMatchObject({ code: 'lease_refused' });
  });

  test('where it comes while the new one is being written: whoever ends it may have looked before', async () => {
    const { clock, node, client } = await scene();
    clock.advance(299_000);
    const own = client();
    own.faults.slow('create', 2000);
    await expect(extendWorker(own, 'one', 60)).rejects.toMatchObject({ code: 'lease_refused' });
    expect(node.of('one').length).toBeGreaterThan(0);
  });

  test('before the worker is ready', async () => {
    const { node, client } = await openScene();
    seed(node, { lease: null });
    const own = client();
    await expect(extendWorker(own, 'one', 60)).rejects.toMatchObject({
      code: 'lease_refused',
      remedy: expect.stringContaining('apply') as string,
    });
    expect(own.faults.calls.some((call) => call.startsWith('create'))).toBe(false);
  });

  test('while another command holds the worker', async () => {
    const { clock, layout, extend, endsIn } = await scene();
    await acquireLock(layout.lock(nodeName, 'one'), { operation: 'apply', timeout: 0, clock, below: layout.root });
    await expect(extend(60)).rejects.toMatchObject({ code: 'state_locked' });
    expect(await endsIn()).toBe(300);
  });

  test('of a worker that has ended, or of which nothing is known', async () => {
    const { extend, hand, node, layout, clock } = await scene();
    for (const { name } of [...node.list()].reverse()) hand.remove('one', name.slice(4));
    await expect(extend(60)).rejects.toMatchObject({ code: 'worker_unknown' });
    await layout.history.add({ worker: 'one', backend: nodeName, endpoint: '', reason: 'expired', endedAt: clock.now(), containers: [] });
    await expect(extend(60)).rejects.toMatchObject({ code: 'worker_ended' });
  });
});
