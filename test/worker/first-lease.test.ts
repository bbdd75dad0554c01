import { expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { extendWorker } from '../../src/worker/extend.js';
import { showWorker } from '../../src/worker/show.js';
import { sweep } from '../../src/lease/sweep.js';
import { manualClock } from '../support/manual-clock.js';
import { openScene, smallSpec, thingsOf } from '../memory/scene.js';

const start = 1_700_000_000_000;

async function scene() {
  const clock = manualClock(start);
  const all = await openScene({ clock });
  /** Seconds from the start. */
  const endsIn = (ends: number | null) => (ends! - start) / 1000;
  return { ...all, clock, endsIn };
}

test('the first lease is max_duration from readiness', async () => {
  const { client, endsIn } = await scene();
  const own = client();
  own.faults.slow('start', 40_000);
  const { ends } = await applyWorker(own, smallSpec({ max_duration: 300, create_timeout: 60 }), { strict: false });
  expect(endsIn(ends)).toBeGreaterThanOrEqual(340);
  expect(endsIn(ends)).toBeLessThan(342);
});

test('and at most the latest end that was set before the first object', async () => {
  const { client, endsIn } = await scene();
  const birth = { until: start / 1000 + 100 };
  const { ends } = await applyWorker(client(), smallSpec({ max_duration: 300 }), { strict: false, birth });
  expect(endsIn(ends)).toBe(100);
});

test('a continued apply gives its worker no longer life than the first one', async () => {
  const { client, clock, endsIn } = await scene();
  const first = client();
  const spec = smallSpec({ max_duration: 300, create_timeout: 60 });
  const held = first.faults.hold('start');
  const interrupted = expect(applyWorker(first, spec, { strict: false })).rejects.toMatchObject({ code: 'interrupted' });
  await held.reached;
  first.interrupt();
  held.release();
  await interrupted;
  clock.advance(200_000);
  expect(endsIn((await applyWorker(client(), spec, { strict: false })).ends)).toBe(360);
});

test('a worker whose latest end has passed before it is ready is an error, and is removed', async () => {
  const { client, node, layout } = await scene();
  const own = client();
  own.faults.slow('start', 50_000);
  const birth = { until: start / 1000 + 20 };
  await expect(applyWorker(own, smallSpec({ create_timeout: 60 }), { strict: false, birth })).rejects.toMatchObject({
    code: 'not_ready',
    message: 'its latest end, 2023-11-14T22:13:40.000Z, has passed before it was ready',
  });
  expect([thingsOf(node), (await layout.history.of('one'))[0]?.reason]).toEqual([[], 'create_timeout']);
});

test('extend raises the fence: the worker lives on past it, and show has the later end', async () => {
  const { client, clock, node, layout, endsIn } = await scene();
  await applyWorker(client(), smallSpec({ max_duration: 300, create_timeout: 60 }), { strict: false });
  const { to } = await extendWorker(client(), 'one', 1000);
  clock.advance(600_000);
  const look = async () => (await sweep({ backend: client().backend, layout, clock, dryRun: false, lockTimeout: 0 })).workers;
  expect(await look()).toEqual([]);
  const { worker, armed } = await showWorker(client(), 'one');
  expect([worker?.status, worker?.ends]).toEqual(['ready', { endsAt: to, from: 'lease' }]);
  expect(armed.map(({ endsBy }) => endsIn(endsBy))).toEqual(armed.map(() => endsIn(to)));
  clock.advance(to - clock.now());
  expect(await look()).toMatchObject([{ worker: 'one', reason: 'expired' }]);
  expect(thingsOf(node)).toEqual([]);
});

test("the layers that are armed end it by the latest end, by our clock, or by a living worker's own end", async () => {
  const { client, hand, endsIn } = await scene();
  hand.setClock(50_000);
  const armedBy = async (own: ReturnType<typeof client>) => {
    await applyWorker(own, smallSpec({ max_duration: 300, create_timeout: 60 }), { strict: false });
    return own.events.flatMap((event) => (event.type === 'armed' ? event.layers.map(({ endsBy }) => endsIn(endsBy)) : []));
  };
  expect(await armedBy(client())).toEqual([360]);
  const [second] = await armedBy(client());
  expect(second).toBeGreaterThanOrEqual(300);
  expect(second).toBeLessThan(303);
});
