import { expect, test } from 'vitest';
import { labelKeys } from '../../src/labels.js';
import { leaseLabels } from '../../src/backends/shared/own-labels.js';
import { sweep } from '../../src/lease/sweep.js';
import { applyWorker } from '../../src/worker/apply.js';
import { containerType, leaseType, objectName } from '../memory/names.js';
import { nodeName, openScene, smallSpec, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';
import { watching } from './watching.js';

/** A worker of this machine with a container `db` and a lease of an hour, which keeps it for 600 s once its engine has failed. */
async function kept({ retain = 600 as number | null } = {}) {
  const all = await watching();
  const { node, layout, clock } = all;
  seed(node, { containers: ['db'], lease: null, maxLifetime: 7200 });
  const ends = Math.round(clock.now() / 1000) + 3600;
  node.create(leaseType, objectName('one', 'lease-1'), leaseLabels('one', { lifetime: 3600, ...(retain !== null && { retain }) }, ends));
  await layout.worker(nodeName, 'one').writeVariables({});
  await all.start();
  const lease = () => node.of('one').find(({ type }) => type === leaseType)?.labels;
  return { ...all, lease };
}

const stopped = ['db exited', 'engine exited', 'lease-2 present', 'work present'];

test('a worker whose engine has failed is kept with all containers stopped, for the time of its lease, and ended then', async () => {
  const { clock, node, hand, ends, lease } = await kept();
  const began = clock.now();
  await clock.advance(1000);
  hand.exit('one', 'engine', 3);
  await clock.advance(0);
  expect([thingsOf(node), await ends()]).toEqual([stopped, []]);
  expect(lease()).toMatchObject({ [labelKeys.retained]: 'true', [labelKeys.ends]: String(began / 1000 + 601) });
  await clock.advance(599_000);
  expect(thingsOf(node)).toEqual(stopped);
  await clock.advance(6000);
  expect(await ends()).toMatchObject([{ reason: 'expired' }]);
  expect(thingsOf(node)).toEqual([]);
});

test('at most until its own end', async () => {
  const { clock, hand, ends } = await kept({ retain: 999_999 });
  hand.exit('one', 'engine', 3);
  await clock.advance(3_605_000);
  expect(await ends()).toMatchObject([{ reason: 'expired', at: 3_600_000 }]);
});

test('an engine that ends with 0 ends its worker, and so does one that fails where the lease asks for nothing', async () => {
  const done = await kept();
  done.hand.exit('one', 'engine', 0);
  await done.clock.advance(0);
  expect(await done.ends()).toMatchObject([{ reason: 'engine_ended' }]);
  const plain = await kept({ retain: null });
  plain.hand.exit('one', 'engine', 3);
  await plain.clock.advance(0);
  expect(await plain.ends()).toMatchObject([{ reason: 'engine_ended' }]);
});

test('the lease is marked when all containers are stopped, so that the next keeper repeats an interrupted stop; a sweep ends nothing meanwhile', async () => {
  const { clock, node, hand, faults, stop, client, layout, lease } = await kept();
  const held = faults.hold('signal');
  hand.exit('one', 'engine', 3);
  await clock.advance(0);
  await held.reached;
  const { backend } = client();
  expect((await sweep({ backend, layout, clock, dryRun: true, lockTimeout: 0 })).workers).toEqual([]);
  expect(lease()?.[labelKeys.retained]).toBeUndefined();
  held.release();
  await clock.advance(15_000);
  expect(thingsOf(node)).toEqual(stopped);
  await stop();
});

test('apply writes the time into the first lease, and keeps it there', async () => {
  const { node, client } = await openScene({ clock: manualClock() });
  const leases = () => node.of('one').flatMap(({ type, labels }) => (type === leaseType ? [labels[labelKeys.retain]] : []));
  const spec = smallSpec({ max_duration: 300 });
  await applyWorker(client(), spec, { strict: false, retain: 600 });
  expect(leases()).toEqual(['600']);
  await applyWorker(client(), smallSpec({ max_duration: 400 }), { strict: false });
  expect(leases()).toEqual(['600']);
});

test('an engine that another machine replaces meanwhile is not the one that has failed', async () => {
  const { clock, node, hand, layout, start, ends } = await watching();
  seed(node, { lease: null, maxLifetime: 7200 });
  const now = Math.round(clock.now() / 1000);
  node.create(leaseType, objectName('one', 'lease-1'), leaseLabels('one', { lifetime: 3600, retain: 600 }, now + 3600));
  const { labels, configuration } = node.container('one', 'engine');
  await start();
  hand.exit('one', 'engine', 143);
  await clock.advance(1000);
  hand.remove('one', 'engine');
  node.start(node.create(containerType, objectName('one', 'engine'), labels, configuration).id);
  hand.exit('one', 'engine', 143);
  await clock.advance(1500);
  const lease = node.of('one').find(({ type }) => type === leaseType);
  expect([await layout.knows(nodeName, 'one'), await ends(), lease?.labels[labelKeys.retained]]).toEqual([false, [], undefined]);
});
