import { describe, expect, test } from 'vitest';
import { bornAt, deadlineOf, fenceOf, latestEnd } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import { type Labels, labelKeys } from '../../src/labels.js';
import type { MemoryNode } from '../memory/node.js';
import { openScene, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { containerType, objectName } from '../memory/names.js';
import { manualClock } from '../support/manual-clock.js';
import { object } from './objects.js';
import { watching } from './watching.js';

/** The label of a worker whose latest end is so many seconds from now, by the node's clock. */
function until(node: MemoryNode, seconds: number): Labels {
  return { [labelKeys.until]: String(Math.round(node.now() / 1000) + seconds) };
}

/** An object that a creator makes now, which stood still since it drew `fence`. */
function makeLate(node: MemoryNode, fence: Labels): void {
  const labels = { [labelKeys.worker]: 'one', [labelKeys.address]: `${containerType}.build`, [labelKeys.lifetime]: '3600', ...fence };
  node.start(node.create(containerType, objectName('one', 'build'), labels, { command: ['serve'], env: {} }).id);
}

describe('a worker without a lease is ended at its fence', () => {
  test('to the millisecond, however long its lifetime would last from now', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: null, lifetime: 3600, labels: until(node, 9) });
    await start();
    await clock.advance(8999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 9000 }]);
    expect(thingsOf(node)).toEqual([]);
  });

  test('also when its oldest objects are lost, and others are younger', async () => {
    const { clock, node, hand, start, ends } = await watching();
    const fence = until(node, 9);
    seed(node, { lease: null, lifetime: 9, labels: fence });
    await start();
    await clock.advance(6000);
    makeLate(node, fence);
    hand.remove('one', 'engine');
    hand.remove('one', 'work');
    await clock.advance(2999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 9000 }]);
  });

  test("by the node's clock", async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: null, labels: until(node, 9) });
    hand.setClock(-4000);
    await start();
    await clock.advance(12_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 13_000 }]);
  });

  test('by a sweep too', async () => {
    const clock = manualClock();
    const { node, layout, client } = await openScene({ clock });
    seed(node, { lease: null, labels: until(node, 9) });
    const run = async () => (await sweep({ backend: client().backend, layout, clock, dryRun: false, lockTimeout: 0 })).workers;
    clock.advance(8999);
    expect(await run()).toEqual([]);
    clock.advance(1);
    expect(await run()).toMatchObject([{ worker: 'one', reason: 'expired', error: null }]);
  });
});

describe('a lease', () => {
  test('keeps a worker past its fence', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 60, labels: until(node, 9) });
    await start();
    await clock.advance(59_999);
    expect(await ends()).toEqual([]);
    await clock.advance(1);
    expect(await ends()).toEqual([{ reason: 'expired', at: 60_000 }]);
  });

  test('that is earlier than the fence counts', async () => {
    const { clock, node, start, ends } = await watching();
    seed(node, { lease: 5, labels: until(node, 9) });
    await start();
    await clock.advance(5000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 5000 }]);
  });

  test('that is lost leaves the fence, which has passed', async () => {
    const { clock, node, hand, start, ends } = await watching();
    seed(node, { lease: 60, labels: until(node, 9) });
    await start();
    await clock.advance(20_000);
    hand.remove('one', 'lease-1');
    await clock.advance(5000);
    expect(await ends()).toEqual([{ reason: 'expired', at: 20_000 }]);
  });
});

test('an object that a stopped creator makes after its fence is ended within one look', async () => {
  const { clock, node, start, ends } = await watching();
  const fence = until(node, 9);
  await start();
  await clock.advance(12_000);
  makeLate(node, fence);
  // The creation is an event; without one, the next look is 5 s later at most.
  await clock.advance(5000);
  expect((await ends()).map(({ reason }) => reason)).toEqual(['expired']);
  expect(thingsOf(node)).toEqual([]);
});

describe('the birth in the labels', () => {
  const labelled = (labels: object, createdAt = 500_000) =>
    object({ createdAt, labels: { worker: 'one', address: 'thing.engine', lifetime: 60, maxLifetime: 400, ...labels } });

  test('is the same whichever object is left', () => {
    const [older, younger] = [labelled({ until: 160 }), labelled({ until: 160 }, 900_000)];
    for (const objects of [[older, younger], [younger, older], [younger], [older]]) {
      expect([bornAt(objects), fenceOf(objects), latestEnd(objects)]).toEqual([100_000, 160_000, 500_000]);
      expect(deadlineOf(objects)).toEqual({ endsAt: 160_000, from: 'birth' });
    }
  });

  test('is the earliest one where two creators drew different ones', () => {
    expect(fenceOf([labelled({ until: 170 }), labelled({ until: 160 }, 900_000)])).toBe(160_000);
  });

  test('counts before the creation of objects of older versions, which have none', () => {
    expect(fenceOf([labelled({}, 90_000), labelled({ until: 170 }, 120_000)])).toBe(170_000);
    expect(fenceOf([labelled({}, 90_000), labelled({}, 120_000)])).toBe(150_000);
  });
});
