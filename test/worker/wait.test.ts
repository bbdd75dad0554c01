import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/state/lock.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { waitUntilEnded, waitUntilReady } from '../../src/worker/wait.js';
import { nodeName, openScene } from '../memory/scene.js';
import { seed, seedLease } from '../memory/seed.js';
import { untilIdle } from '../support/idle.js';
import { steppedClock } from '../support/stepped-clock.js';

async function scene() {
  const clock = steppedClock();
  const all = await openScene({ clock });
  return { ...all, clock };
}

/** What became of a promise so far. */
function watched(promise: Promise<unknown>) {
  const seen: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.error = error),
  );
  return seen;
}

describe('until it is ready', () => {
  test('a worker that is being made is looked at every half second', async () => {
    const { clock, node, client } = await scene();
    seed(node, { lease: null });
    const seen = watched(waitUntilReady(client(), 'one', { timeout: null }));
    await clock.advance(10_100);
    expect(seen).toEqual({});
    seedLease(node, 'one', 60);
    const endsAt = Math.round(clock.now() / 1000) * 1000 + 60_000;
    await clock.advance(399);
    expect(seen).toEqual({});
    await clock.advance(1);
    expect(seen).toEqual({ value: { endsAt } });
  });

  test.for<[string, (scene: Awaited<ReturnType<typeof openScene>>) => void]>([
    ['exited 1', ({ hand }) => hand.exit('one', 'build', 1)],
    ['paused', ({ hand }) => hand.pause('one', 'build')],
    ['unhealthy', ({ hand }) => hand.health('one', 'build', 'unhealthy')],
  ])('a container that is %s fails it, unless an apply is under way', async ([status, happen]) => {
    const all = await scene();
    const { clock, node, client, layout } = all;
    seed(node, { containers: ['build'] });
    happen(all);
    const lock = await acquireLock(layout.lock(nodeName, 'one'), { operation: 'apply', timeout: 0, clock, below: layout.root });
    const seen = watched(waitUntilReady(client(), 'one', { timeout: null }));
    await clock.advance(2000);
    expect(seen).toEqual({});
    await lock.release();
    await clock.advance(500);
    expect(seen.error).toMatchObject({
      code: 'not_ready',
      place: { path: 'one/build' },
      message: expect.stringContaining(`build ${status}`) as string,
    });
  });

  test('its time passes', async () => {
    const { clock, node, client } = await scene();
    seed(node, { lease: null });
    const seen = watched(waitUntilReady(client(), 'one', { timeout: 3 }));
    await clock.advance(2999);
    expect(seen).toEqual({});
    await clock.advance(1);
    expect(seen.error).toMatchObject({ code: 'timed_out' });
  });
});

describe('until it has ended', () => {
  test('why is what the one who ended it wrote down', async () => {
    const { clock, node, client } = await scene();
    seed(node);
    const seen = watched(waitUntilEnded(client(), 'one', { timeout: null }));
    await clock.advance(1000);
    expect(seen).toEqual({});
    await destroyWorker(client(), 'one', {});
    await clock.advance(500);
    expect(seen.value).toMatchObject({ worker: 'one', reason: 'destroyed' });
  });

  test('why is what a keeper on the node wrote down, for which it has 3 s', async () => {
    const { clock, node, hand, client } = await scene();
    node.resident = { name: 'mayfly-keeper', history: [] };
    seed(node);
    const seen = watched(waitUntilEnded(client(), 'one', { timeout: null }));
    await clock.advance(100);
    for (const { name } of [...node.list()].reverse()) hand.remove('one', name.slice(4));
    await clock.advance(2000);
    expect(seen).toEqual({});
    node.resident.history.push({ worker: 'one', backend: nodeName, endpoint: '', reason: 'expired', endedAt: clock.now(), containers: [] });
    await clock.advance(500);
    expect(seen.value).toMatchObject({ reason: 'expired' });
  });

  test('nobody wrote it down: known without a reason', async () => {
    const { clock, node, hand, client } = await scene();
    seed(node);
    const seen = watched(waitUntilEnded(client(), 'one', { timeout: null }));
    await untilIdle();
    for (const { name } of [...node.list()].reverse()) hand.remove('one', name.slice(4));
    await clock.advance(500);
    expect(seen).toEqual({ value: null });
  });

  test('one that has ended before is no reason to wait', async () => {
    const { client, node } = await scene();
    seed(node);
    await destroyWorker(client(), 'one', {});
    expect(await waitUntilEnded(client(), 'one', { timeout: null })).toMatchObject({ reason: 'destroyed' });
    await expect(waitUntilEnded(client(), 'two', { timeout: null })).rejects.toMatchObject({ code: 'worker_unknown' });
  });
});
