import { describe, expect, test } from 'vitest';
import { latestEndOf } from '../../src/dispatch/nodes/fence.js';
import { workerNameOf } from '../../src/dispatch/worker-name.js';
import { applyWorker } from '../../src/worker/apply.js';
import { smallSpec, thingsOf } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { overseen } from './oracle.js';
import { installation, type Service, serving, submissionOf } from './scene.js';

/** Its fence is 80 s after its placement. */
const spec = smallSpec({ max_duration: 60, create_timeout: 20 });
const attempts = { ...submissionOf(spec), attempts: 2 };

/** Milliseconds, in steps of a second, until the run has left a state; at most 10 minutes. */
async function timeIn(state: string, id: string, service: Service, clock: { advance(ms: number): Promise<void> }): Promise<number> {
  for (let ms = 0; ms < 600_000; ms += 1000) {
    if ((await service.run(id)).state !== state) return ms;
    await clock.advance(1000);
  }
  return Infinity;
}

describe('a node goes away while a worker is made', () => {
  const rows = {
    'and its own keeper obeys fences: another attempt follows after the fence and the margin': { obeysUntil: true, seconds: [199, 203] },
    'and no keeper is on it: no other attempt follows': { obeysUntil: false, seconds: [600, Infinity] },
  };
  test.each(Object.entries(rows))('%s', async (_name, { obeysUntil, seconds: [least, most] }) => {
    const { serve, node, hand, clock } = await serving();
    node.resident = { name: 'resident', history: [], obeysUntil };
    const service = await serve();
    const held = service.client.faults.hold('start');
    const { id } = await service.submit(attempts);
    await held.reached;
    hand.goAway();
    held.release();
    await clock.advance(5000);
    expect((await service.run(id)).state).toBe('ending');
    const seconds = 5 + (await timeIn('ending', id, service, clock)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(least!);
    expect(seconds).toBeLessThanOrEqual(most!);
    hand.back();
    await clock.advance(60_000);
    expect(await service.until(id, 'running')).toMatchObject({ attempt: 2 });
    expect(thingsOf(node, workerNameOf(id, 1))).toEqual([]);
  });
});

test('a worker that an earlier call makes after its run has ended is ended, and another installation is left alone', async () => {
  const { serve, node, client, clock } = await serving();
  const service = await serve();
  const { id } = await service.submit();
  const { worker } = await service.until(id, 'running');
  await service.dispatcher.commands.cancel(id, '');
  await service.until(id, 'cancelled');
  const make = (name: string, dispatcher: string) => applyWorker(client(), { ...spec, name }, { strict: false, birth: { dispatcher } });
  const other = workerNameOf(id, 2);
  const made = Promise.all([make(worker!, installation), make(other, 'another-installation')]);
  await clock.advance(1000);
  await made;
  expect(thingsOf(node, worker!)).toEqual(['engine running', 'lease-1 present']);
  await clock.advance(20_000);
  expect([thingsOf(node, worker!), thingsOf(node, other)]).toEqual([[], ['engine running', 'lease-1 present']]);
  expect(await service.events(id)).toContain('late_worker_ended');
});

test("a worker of another installation under an attempt's name is neither adopted nor ended", async () => {
  const { serve, node, client, clock } = await serving();
  const first = await serve();
  const held = first.client.faults.hold('create');
  const { id } = await first.submit(attempts);
  await held.reached;
  await first.kill();
  const name = workerNameOf(id, 1);
  const made = applyWorker(client(), { ...spec, name }, { strict: false, birth: { dispatcher: 'another-installation' } });
  await clock.advance(1000);
  await made;
  const second = await serve();
  await clock.advance(30_000);
  expect(await second.run(id)).toMatchObject({ state: 'running', attempt: 2 });
  expect(thingsOf(node, name)).toEqual(['engine running', 'lease-1 present']);
});

test('an attempt that is not ready create_timeout after its placement has failed, also after a restart', async () => {
  const { serve, node, clock } = await serving();
  const oracle = overseen(node);
  const first = await serve();
  first.client.faults.hold('create');
  const { id } = await first.submit(attempts);
  await clock.advance(15_000);
  await first.kill();
  const second = await serve({}, (faults) => faults.hold('create', { of: new RegExp(`^${workerNameOf(id, 1)}/`) }));
  await clock.advance(6000);
  expect((await second.run(id)).state).toBe('provisioning');
  await clock.advance(2000);
  expect((await second.run(id)).state).toBe('ending');
  expect(await second.store.attempts(id)).toMatchObject([{ error: { code: 'not_ready' } }]);
  await second.until(id, 'running');
  expect(oracle.broken).toEqual([]);
});

test('lists that lag end no run, and let no other attempt begin beside a worker', async () => {
  const { serve, node, clock } = await serving();
  const oracle = overseen(node);
  const service = await serve();
  const { id } = await service.submit(attempts);
  await service.until(id, 'running');
  service.client.faults.stale(9000);
  await clock.advance(20_000);
  expect((await service.run(id)).state).toBe('running');
  await service.dispatcher.commands.cancel(id, '');
  await clock.advance(40_000);
  expect((await service.run(id)).state).toBe('cancelled');
  expect([node.list(), oracle.broken]).toEqual([[], []]);
});

test('the end of the process leaves a worker that is being made, and the next one continues with it', async () => {
  const { serve, node, clock } = await serving();
  const oracle = overseen(node);
  const first = await serve();
  const held = first.client.faults.hold('inspect', { of: /engine/ });
  const { id } = await first.submit();
  await Promise.race([held.reached, clock.advance(1000)]);
  await first.close();
  await untilIdle();
  const second = await serve();
  expect(await second.until(id, 'running')).toMatchObject({ attempt: 1 });
  expect(oracle.broken).toEqual([]);
});

test.each([
  ['the end of its life after the placement, and the margin', { readyAt: null, until: 9_999 }, 1_000_000 + 80_000 + 120_000],
  ['the same once it was ready', { readyAt: 1_005_000, until: 1_080 }, 1_000_000 + 80_000 + 120_000],
  ['later after an extension', { readyAt: 1_005_000, until: 5_000 }, 5_000_000 + 120_000],
])('the latest end of a worker on a silent node: %s', (_name, more, expected) => {
  expect(latestEndOf({ spec, lastTryAt: 1_000_000, ...more }, 120_000)).toBe(expected);
});
