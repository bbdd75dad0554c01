import { describe, expect, test } from 'vitest';
import { sweep } from '../../src/lease/sweep.js';
import { acquireLock } from '../../src/state/lock.js';
import { nodeName, openScene, thingsOf } from '../memory/scene.js';
import { seed, seedLease } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

async function sweeping() {
  const clock = manualClock();
  const scene = await openScene({ clock });
  const { backend, faults } = scene.client();
  const { layout } = scene;
  const run = (dryRun = false, lockTimeout = 0) => sweep({ backend, layout, clock, dryRun, lockTimeout });
  const lockAs = (operation: string, worker = 'one') =>
    acquireLock(layout.lock(nodeName, worker), { operation, timeout: 0, clock, below: layout.root });
  return { ...scene, clock, faults, run, lockAs };
}

const ended = (worker: string, reason: string, why: string) => ({ worker, backend: nodeName, reason, why, error: null, warnings: [] });

describe('a sweep', () => {
  test('ends what is due, whoever made it, and nothing else', async () => {
    const { node, hand, layout, run } = await sweeping();
    seed(node, { worker: 'late', lease: 0 });
    seed(node, { worker: 'soon', lease: 1 });
    seed(node, { worker: 'done' });
    hand.exit('done', 'engine', 0);
    seed(node, { worker: 'making', lease: null });
    expect((await run()).workers).toEqual([
      ended('late', 'expired', 'expired after 0 s'),
      ended('done', 'engine_ended', 'engine ended with exit code 0'),
    ]);
    expect(node.of('late').length + node.of('done').length).toBe(0);
    expect([node.of('soon').length, node.of('making').length]).toEqual([3, 2]);
    expect(await layout.history.of('late')).toMatchObject([{ reason: 'expired' }]);
  });

  test("leaves another machine's worker that has no lease yet, though its engine has ended", async () => {
    const { node, hand, run } = await sweeping();
    seed(node, { worker: 'making', lease: null });
    hand.exit('making', 'engine', 1);
    expect([(await run(true)).workers, (await run()).workers, node.of('making').length]).toEqual([[], [], 2]);
  });

  test('that only looks makes no call that changes anything', async () => {
    const { node, faults, layout, run } = await sweeping();
    seed(node, { lease: 0 });
    expect(await run(true)).toEqual({ workers: [ended('one', 'expired', 'expired after 0 s')], caches: [], tidied: [] });
    expect(faults.calls).toEqual(['list', 'list caches']);
    expect([thingsOf(node).length, await layout.history.of('one')]).toEqual([3, []]);
  });

  test.for([
    ['ahead', 3_600_000, ['one', 'two']],
    ['behind', -3_600_000, []],
  ] as const)("goes by the node's clock, which is %s", async ([, skew, swept]) => {
    const { node, hand, run } = await sweeping();
    seed(node, { lease: 0 });
    seed(node, { worker: 'two', lease: 3600 });
    hand.setClock(skew);
    // Made by the other clock, so the first is due by ours and the second is not.
    const { workers } = await run();
    expect(workers.map(({ worker }) => worker)).toEqual(swept);
  });

  test('reports each worker that it could not end, and ends the others', async () => {
    const { node, lockAs, run } = await sweeping();
    for (const worker of ['a', 'b', 'c']) seed(node, { worker, lease: -1 });
    await lockAs('apply', 'b');
    const { workers } = await run();
    expect(workers.map(({ worker, error }) => [worker, error?.code ?? null])).toEqual([
      ['a', null],
      ['b', 'state_locked'],
      ['c', null],
    ]);
    expect(node.list().map(({ labels }) => labels['dev.mayfly.worker'])).toEqual(['b', 'b', 'b']);
  });

  test('judges again under the lock', async () => {
    const { node, faults, run } = await sweeping();
    seed(node, { lease: -1 });
    const held = faults.hold('list', { of: 'one', times: 1 });
    const swept = run();
    await held.reached;
    seedLease(node, 'one', 600, 2);
    held.release();
    await swept;
    expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'lease-2 present', 'work present']);
  });

  test('fails where the node does not answer: silence is not emptiness', async () => {
    const { hand, run } = await sweeping();
    hand.goAway();
    await expect(run()).rejects.toMatchObject({ code: 'backend_unreachable' });
  });

  test('waits for a throttled node for as long as it says, 30 s at most', async () => {
    const { node, faults, clock, run } = await sweeping();
    seed(node, { lease: -1 });
    faults.throttle('list', 8000, { times: 2 });
    expect((await run()).workers).toEqual([ended('one', 'expired', 'expired after 0 s')]);
    expect(clock.slept.slice(0, 2)).toEqual([8000, 8000]);
    faults.throttle('list', 16_000);
    await expect(run()).rejects.toMatchObject({ code: 'backend_refused' });
  });
});
