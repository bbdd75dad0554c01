import { describe, expect, test } from 'vitest';
import { labelKeys } from '../../src/labels.js';
import { acquireLock } from '../../src/state/lock.js';
import { nodeName, thingsOf } from '../memory/scene.js';
import { seed, seedLease } from '../memory/seed.js';
import { remember } from '../support/remember.js';
import { watching } from './watching.js';

const hour = 3_600_000;

describe('looks', () => {
  test('are made at once and every 5 s', async () => {
    const { clock, looks, start } = await watching();
    await start();
    await clock.advance(15_000);
    expect(looks).toEqual([0, 5000, 10_000, 15_000]);
  });

  test('are made at the pace of a backend that has one', async () => {
    const { clock, looks, start } = await watching({ lookEvery: 60_000 });
    await start();
    await clock.advance(120_000);
    expect(looks).toEqual([0, 60_000, 120_000]);
  });

  test('are made at once after an event', async () => {
    const { clock, node, looks, start } = await watching();
    await start();
    await clock.advance(1000);
    seed(node);
    await clock.advance(500);
    expect(looks).toEqual([0, 1000]);
  });

  test('wait a second after an event while a worker is being ended', async () => {
    const { clock, node, faults, looks, start } = await watching();
    seed(node, { lease: 1 });
    seed(node, { worker: 'two' });
    faults.hold('delete');
    await start();
    // The end itself makes an event when the engine stops.
    await clock.advance(1999);
    expect(looks).toEqual([0]);
    await clock.advance(1);
    expect(looks).toEqual([0, 2000]);
  });

  test('that fail are made again after 2, 4, 8, 16 and then every 30 s, and at the usual pace once one has succeeded', async () => {
    const { clock, hand, looks, silences, start } = await watching();
    hand.goAway();
    await start();
    await clock.advance(100_000);
    expect(silences).toEqual([0, 2000, 6000, 14_000, 30_000, 60_000, 90_000]);
    hand.back();
    await clock.advance(25_000);
    expect(looks).toEqual([120_000, 125_000]);
    hand.goAway();
    await clock.advance(7000);
    expect(silences.slice(7)).toEqual([130_000, 132_000]);
  });

  test('without an answer are made again beside the first after 2, then 4, then 8 s', async () => {
    const { clock, faults, looks, start } = await watching();
    faults.loseReply('list', { as: 'silence', times: 3 });
    await start();
    await clock.advance(14_000);
    expect(faults.calls.filter((call) => call === 'list')).toHaveLength(4);
    expect(looks).toEqual([0]);
    await clock.advance(5000);
    expect(looks).toEqual([0, 19_000]);
  });

  test('end when the watch is stopped, which waits for what is being ended', async () => {
    const { clock, node, faults, start, stop, ends } = await watching();
    seed(node, { lease: 1 });
    const held = faults.hold('logs');
    await start();
    await clock.advance(1000);
    let over = false;
    const stopped = stop().then(() => (over = true));
    expect(await ends()).toEqual([]);
    expect(over).toBe(false);
    held.release();
    await stopped;
  });
});

describe('a worker is ended', () => {
  test('at the end of its lease, to the millisecond, between two looks', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 7 });
    await start();
    await clock.advance(6999);
    expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'work present']);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 7000 }]);
    expect(thingsOf(node)).toEqual([]);
  });

  test('at the end of its lifetime where it never got ready', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: null, lifetime: 9 });
    await start();
    await clock.advance(8999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 9000 }]);
  });

  test('never after the cap that it was born with, whatever its lease says', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 500, lifetime: 10, maxLifetime: 12 });
    await start();
    await clock.advance(12_000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 12_000 }]);
  });

  test('as soon as its engine ends, by the event', async () => {
    const { clock, node, hand, layout, start, ends } = await watching();
    seed(node);
    await layout.worker(nodeName, 'one').writeVariables({});
    await start();
    await clock.advance(1234);
    hand.exit('one', 'engine', 3);
    await clock.advance(0);
    expect(await ends()).toEqual([{ reason: 'engine_ended', at: 1234 }]);
    expect((await layout.history.of('one'))[0]?.containers).toMatchObject([{ container: 'engine', status: 'exited', exitCode: 3 }]);
  });

  test('for its time where its engine has ended by then', async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: 3 });
    hand.exit('one', 'engine', 0);
    await clock.jump(3000);
    await start();
    expect(await ends()).toEqual([{ reason: 'expired', at: 3000 }]);
  });

  test('though another container ends and the engine does not: that is no reason', async () => {
    const { clock, node, hand, layout, start } = await watching();
    seed(node, { containers: ['build'] });
    await layout.worker(nodeName, 'one').writeVariables({});
    await start();
    hand.exit('one', 'build', 1);
    await clock.advance(20_000);
    expect(thingsOf(node)).toContain('engine running');
  });
});

describe('of another machine', () => {
  test('a worker without a lease is left to its apply, until its lifetime is over', async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: null, lifetime: 30 });
    hand.exit('one', 'engine', 1);
    await start();
    await clock.advance(29_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 30_000 }]);
  });

  test('one with a lease is ended 2 s after its engine was seen to have ended', async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node);
    hand.exit('one', 'engine', 1);
    await start();
    await clock.advance(1999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'engine_ended', at: 2000 }]);
  });

  test('one whose engine was replaced meanwhile lives on', async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node);
    const { labels, configuration } = node.container('one', 'engine');
    hand.exit('one', 'engine', 1);
    await start();
    await clock.advance(1000);
    hand.remove('one', 'engine');
    // Made, and not started yet: it may even end before the keeper looks again.
    const { id } = node.create('memory_container', 'one/engine', labels, configuration);
    node.start(id);
    hand.exit('one', 'engine', 1);
    await clock.advance(1000);
    expect(await ends()).toEqual([]);
    node.start(id);
    await clock.advance(10_000);
    expect(thingsOf(node)).toContain('engine running');
  });
});

describe("a worker of another machine, where that machine's keeper comes first", () => {
  test.for([
    [null, 40_000],
    [30_000, 65_000],
  ] as const)('is ended late, by a pace of %s: expired', async ([lookEvery, endedAt]) => {
    const { clock, node, start, ends } = await watching({ lookEvery, ownKeeperFirst: true });
    seed(node, { lease: 30 });
    await start();
    await clock.advance(endedAt - 1);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: endedAt }]);
  });

  test('is ended late: its engine has ended, or it has outgrown its size', async () => {
    const { clock, node, hand, start, ends } = await watching({ ownKeeperFirst: true });
    seed(node);
    seed(node, { worker: 'two', lease: 3000, storage: 10 });
    hand.exit('one', 'engine', 1);
    hand.fill('two', 'work', 12);
    await start();
    await clock.advance(64_999);
    expect([await ends(), await ends('two')]).toEqual([[{ reason: 'engine_ended', at: 10_000 }], []]);
    await clock.advance(1);
    expect(await ends('two')).toEqual([{ reason: 'storage_exceeded', at: 65_000 }]);
  });

  test('that has outgrown its size is ended at its deadline at the latest', async () => {
    const { clock, node, hand, start, ends } = await watching({ ownKeeperFirst: true });
    seed(node, { lease: 40, storage: 10 });
    hand.fill('one', 'work', 12);
    await start();
    await clock.advance(39_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'storage_exceeded', at: 40_000 }]);
  });

  test('is not recorded here where its own keeper has ended it', async () => {
    const { clock, node, hand, start, ends } = await watching({ ownKeeperFirst: true });
    seed(node);
    hand.exit('one', 'engine', 1);
    await start();
    await clock.advance(9000);
    hand.remove('one', 'engine');
    hand.remove('one', 'work');
    hand.remove('one', 'lease-1');
    await clock.advance(20_000);
    expect([await ends(), thingsOf(node)]).toEqual([[], []]);
  });

  test('is ended at once if this machine has made it', async () => {
    const { clock, node, layout, start, ends } = await watching({ ownKeeperFirst: true });
    await remember(layout.root, nodeName, 'one');
    seed(node, { lease: 30 });
    await start();
    await clock.advance(30_000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 30_000 }]);
  });
});

describe('no end waits', () => {
  test('for a look that hangs', async () => {
    const { clock, node, faults, start, ends } = await watching();
    seed(node, { lease: 60 });
    await start();
    faults.hold('list', { of: '' });
    await clock.advance(60_000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 60_000 }]);
  });

  test('for a node that fails', async () => {
    const { clock, node, faults, start, ends } = await watching();
    seed(node, { lease: 60 });
    await start();
    faults.fail('list', { of: '' });
    await clock.advance(60_000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 60_000 }]);
  });

  test('for another end', async () => {
    const { clock, node, faults, log, start, ends } = await watching();
    seed(node, { lease: 6 });
    seed(node, { worker: 'two', lease: 7 });
    faults.hold('delete', { of: /^one/ });
    await start();
    await clock.advance(7000);
    expect(await ends('two')).toEqual([{ reason: 'expired', at: 7000 }]);
    await clock.advance(hour);
    expect([thingsOf(node).length, log]).toEqual([3, ['ended: expired: expired after 7 s']]);
  });
});

describe('an end that fails', () => {
  test('is tried again 2 s later, and each cause is logged once', async () => {
    const { clock, node, layout, start, ends, log } = await watching();
    seed(node, { lease: 1 });
    const lock = await acquireLock(layout.lock(nodeName, 'one'), { operation: 'apply', timeout: 0, clock, below: layout.root });
    await start();
    await clock.advance(4999);
    expect(await ends()).toEqual([]);
    await lock.release();
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 5000 }]);
    expect(log).toEqual([
      expect.stringMatching(/^could not end the worker yet: locked by /),
      'ended: expired: expired after 1 s',
      'the worker can be ended again',
    ]);
  });

  test('in the middle is finished once the node answers', async () => {
    const { clock, node, hand, faults, start, ends } = await watching();
    seed(node, { lease: 6 });
    const held = faults.hold('delete', { of: 'one/work' });
    await start();
    await clock.advance(6000);
    hand.goAway();
    held.release();
    await clock.advance(60_000);
    expect(thingsOf(node)).toEqual(['lease-1 present', 'work present']);
    hand.back();
    await clock.advance(30_000);
    expect(thingsOf(node)).toEqual([]);
    expect(await ends()).toMatchObject([{ reason: 'expired' }]);
  });

  test('for its size, which has stopped the engine, keeps this reason when it is tried again', async () => {
    const { clock, node, hand, faults, layout, start } = await watching();
    seed(node, { lease: 3000, storage: 10 });
    hand.fill('one', 'work', 12);
    faults.fail('delete');
    await start();
    await clock.advance(40_000);
    expect(thingsOf(node)).toContain('engine exited');
    faults.clear();
    await clock.advance(20_000);
    expect(await layout.history.of('one')).toMatchObject([{ reason: 'storage_exceeded', detail: 'volume work uses 12 MB of 10 MB' }]);
  });

  test('with objects left is not reported as an end', async () => {
    const { clock, node, faults, start, ends, log } = await watching();
    seed(node, { lease: 1 });
    faults.pretend('delete', { of: 'one/lease-1' });
    await start();
    await clock.advance(20_000);
    expect([await ends(), log.filter((line) => line.startsWith('ended'))]).toEqual([[], []]);
    faults.clear();
    await clock.advance(6000);
    expect(await ends()).toMatchObject([{ reason: 'expired' }]);
  });
});

describe('what was seen before is never the judge', () => {
  test('a lease that was moved after the last look keeps its worker alive', async () => {
    const { clock, node, start, ends } = await watching({ lookEvery: hour });
    seed(node, { lease: 60 });
    node.removeAllListeners();
    await start();
    await clock.advance(30_000);
    node.removeAllListeners('changed');
    seedLease(node, 'one', 600, 2);
    await clock.advance(100_000);
    expect([await ends(), thingsOf(node)]).toEqual([[], ['engine running', 'lease-1 present', 'lease-2 present', 'work present']]);
  });

  test('a lease that was moved while its lock was waited for keeps it alive too', async () => {
    const { clock, node, faults, start, ends } = await watching();
    seed(node, { lease: 6 });
    const held = faults.hold('list', { of: 'one', times: 1 });
    await start();
    await clock.advance(6000);
    await held.reached;
    seedLease(node, 'one', 600, 2);
    held.release();
    await clock.advance(10_000);
    expect([await ends(), thingsOf(node).length]).toEqual([[], 4]);
  });
});

describe('clocks', () => {
  test.for([
    ['ahead', hour],
    ['behind', -hour],
  ] as const)("a node's clock that is %s of ours decides", async ([, skew]) => {
    const { clock, node, hand, start, ends } = await watching();
    hand.setClock(skew);
    seed(node, { lease: 10 });
    await start();
    await clock.advance(9999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 10_000 }]);
  });

  test('a machine that slept ends what is due as soon as it wakes', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 600 });
    await start();
    await clock.jump(hour);
    expect(await ends()).toEqual([{ reason: 'expired', at: hour }]);
  });

  test("a node's clock that jumps ahead is seen at the next look", async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: 600 });
    await start();
    hand.setClock(hour);
    await clock.advance(4999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 5000 }]);
  });

  test("a node's clock that jumps back gives its workers that time", async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: 60 });
    await start();
    hand.setClock(-hour);
    await clock.advance(5000);
    await clock.advance(hour);
    expect(await ends()).toEqual([]);
    await clock.advance(55_000);
    expect(await ends()).toEqual([{ reason: 'expired', at: hour + 60_000 }]);
  });

  test.for([
    ['ahead', hour],
    ['back', -hour],
  ] as const)('our own clock that is set %s an hour neither delays an end nor hastens it', async ([, by]) => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: 60 });
    await start();
    await clock.advance(2000);
    clock.set(by);
    hand.setClock(-by);
    await clock.advance(57_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 60_000 + by }]);
  });

  test('a machine that slept, and whose timers did too, ends what is due within 5 s', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 600 });
    await start();
    await clock.advance(1000);
    clock.set(hour);
    await clock.advance(5000);
    expect(await ends()).toEqual([{ reason: 'expired', at: hour + 5000 }]);
  });
});

describe('sizes', () => {
  test('are measured 30 s after something with a size was seen, and a worker that has outgrown one is ended', async () => {
    const { clock, node, hand, layout, start, ends, log } = await watching();
    seed(node, { lease: 3000, storage: 10 });
    hand.fill('one', 'work', 12);
    await start();
    await clock.advance(29_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'storage_exceeded', at: 30_000 }]);
    expect(await layout.history.of('one')).toMatchObject([{ detail: 'volume work uses 12 MB of 10 MB' }]);
    expect(log).toEqual(['ended: storage_exceeded: volume work uses 12 MB of 10 MB']);
  });

  test('count again under the lock: files may have gone', async () => {
    const { clock, node, hand, faults, start, ends } = await watching();
    seed(node, { lease: 3000, storage: 10 });
    hand.fill('one', 'work', 12);
    const held = faults.hold('list', { of: 'one', times: 1 });
    await start();
    await clock.advance(30_000);
    await held.reached;
    hand.fill('one', 'work', 10);
    held.release();
    await clock.advance(20_000);
    expect(await ends()).toEqual([]);
  });

  test('that cannot be measured delay no deadline, and are measured again', async () => {
    const { clock, node, hand, faults, start, ends, log } = await watching();
    seed(node, { lease: 3000, storage: 10 });
    seed(node, { worker: 'two', lease: 40 });
    hand.fill('one', 'work', 12);
    faults.fail('usage', { times: 1 });
    await start();
    await clock.advance(40_000);
    expect(await ends('two')).toEqual([{ reason: 'expired', at: 40_000 }]);
    await clock.advance(30_000);
    expect(await ends()).toMatchObject([{ reason: 'storage_exceeded' }]);
    expect(log[0]).toBe('cannot measure sizes: connection reset by peer');
  });
});

test('what is not ours is left alone, whatever its labels say', async () => {
  const { clock, node, hand, start } = await watching();
  seed(node, { lease: 1 });
  const id = hand.plant('memory_container', 'one', 'not-ours');
  const renamed = node.create('memory_volume', 'two/work', { ...node.container('one', 'engine').labels, [labelKeys.worker]: 'one' }).id;
  await start();
  await clock.advance(10_000);
  expect(node.list().map((one) => one.id)).toEqual([id, renamed]);
});

describe('caches', () => {
  const record = { cache: 'pip', number: 1, holder: null, removal: false, usedAt: 0, keep: 3600, sizeMB: 100 };

  test('that are due are removed at the first look, and later ones within 30 s', async () => {
    const it = await watching();
    const { caches } = it.backend;
    const names = async () => (await caches!.list()).map(({ name }) => name);
    const usedAt = it.clock.now() - 3_600_000;
    await caches!.write({ ...record, usedAt });
    await caches!.write({ ...record, cache: 'npm', usedAt: usedAt + 20_000 });
    await it.start();
    expect(await names()).toEqual(['npm']);
    await it.clock.advance(36_000);
    expect(await names()).toEqual([]);
    expect(it.log).toEqual(['removed a cache: expired', 'removed a cache: expired']);
  });
});
