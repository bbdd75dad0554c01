import { expect, test } from 'vitest';
import type { Submission } from '../../src/dispatch/intake.js';
import type { Run } from '../../src/dispatch/run.js';
import { smallSpec } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { serving, submissionOf } from './scene.js';

/** A service with one node of 1000 millicores, where nothing but cpu is short. */
async function oneNode() {
  const scene = await serving();
  const service = await scene.serve({ fenceMargin: 1000 }, undefined, { capacity: { cpu: 1000, memory: 100_000 } });
  let count = 0;
  /** Submits a run of so many millicores and seconds. */
  const submit = async (cpu: number, seconds: number, more: Partial<Submission> = {}) => {
    const spec = smallSpec({ name: `run-${(count += 1)}`, cpu, memory: 10, max_duration: seconds, create_timeout: 10 });
    return service.submit({ ...submissionOf(spec), ...more });
  };
  const { clock } = scene;
  /** Seconds from the begin to a time. */
  const begin = clock.now();
  const after = (at: number | null | undefined) => (at == null ? null : (at - begin) / 1000);
  const promiseOf = async ({ id }: Run) => after((await service.run(id)).promise?.startsBy);
  const promiseEvents = async ({ id }: Run) =>
    (await service.store.events({ run: id, limit: 100 }))
      .filter(({ type }) => type.startsWith('promise'))
      .map(({ type, data }) => [type, data['cause']]);
  return { ...scene, service, submit, after, promiseOf, promiseEvents };
}

test('the first run that finds no room has a promised start, and a later one that would delay it waits', async () => {
  const { service, clock, submit, promiseOf, after } = await oneNode();
  const first = await submit(600, 100);
  await service.until(first.id, 'running');
  const wide = await submit(1000, 50);
  const long = await submit(300, 300);
  const short = await submit(300, 30);
  await untilIdle();
  // The lease of the first, which was ready after a second, and the margin.
  expect(await promiseOf(wide)).toBe(102);
  expect([(await service.run(long.id)).state, (await service.run(short.id)).state]).toEqual(['queued', 'provisioning']);
  expect(await promiseOf(long)).toBeNull();
  await clock.advance(90_000);
  const { lastTryAt } = await service.until(wide.id, 'running');
  expect(after(lastTryAt)).toBeLessThanOrEqual(102);
});

test('an early end moves a promised start earlier, and it begins then', async () => {
  const { service, submit, promiseOf, promiseEvents, after } = await oneNode();
  const first = await submit(600, 100);
  const wide = await submit(1000, 50);
  await service.until(first.id, 'running');
  await service.dispatcher.commands.cancel(first.id, '');
  const started = await service.until(wide.id, 'running');
  expect(after(started.lastTryAt)).toBeLessThan(30);
  expect(await promiseOf(wide)).toBeNull();
  expect((await promiseEvents(wide)).every(([type]) => type === 'promised')).toBe(true);
});

test('a promise outlives the process', async () => {
  const { service, serve, clock, submit, promiseOf, promiseEvents, after } = await oneNode();
  const first = await submit(600, 100);
  await service.until(first.id, 'running');
  const wide = await submit(1000, 50);
  const before = await promiseOf(wide);
  await service.kill();
  const next = await serve({ fenceMargin: 1000 }, undefined, { capacity: { cpu: 1000, memory: 100_000 } });
  await untilIdle();
  expect((await next.run(wide.id)).promise).not.toBeNull();
  expect(await promiseOf(wide)).toBeLessThanOrEqual(before!);
  expect((await promiseEvents(wide)).map(([type]) => type)).not.toContain('promise_moved');
  await clock.advance(90_000);
  const { lastTryAt } = await next.until(wide.id, 'running');
  expect(after(lastTryAt)).toBeLessThanOrEqual(before!);
});

test('a higher priority takes the place of a promise, with an event that names the run', async () => {
  const { service, submit, promiseOf, promiseEvents } = await oneNode();
  const first = await submit(600, 100);
  await service.until(first.id, 'running');
  const wide = await submit(1000, 50);
  const before = await promiseOf(wide);
  const urgent = await submit(1000, 50, { priority: 900 });
  expect(await promiseOf(urgent)).toBe(before);
  expect(await promiseOf(wide)).toBeGreaterThan(before!);
  expect(await promiseEvents(wide)).toContainEqual(['promise_moved', 'higher_priority']);
});

test('a worker that is not removed in time moves a promise at each doubling of its lateness', async () => {
  const { service, hand, clock, submit, promiseEvents, after } = await oneNode();
  const first = await submit(600, 100);
  hand.ignoreTerm((await service.until(first.id, 'running')).worker!, 'engine');
  const wide = await submit(1000, 50);
  await clock.advance(100_000);
  const { lastTryAt } = await service.until(wide.id, 'running');
  // It is removed 10 s after its end, and the margin is 1 s.
  expect(await promiseEvents(wide)).toEqual([['promised', undefined], ...[1, 2, 4, 8, 16].map(() => ['promise_moved', 'removal_late'])]);
  expect(after(lastTryAt)).toBeLessThan(112);
});

test('a run that its organisation may not have yet has no promise, and delays nobody', async () => {
  const { service, submit, promiseOf } = await oneNode();
  const first = await submit(1000, 100);
  await service.until(first.id, 'running');
  const wide = await submit(1000, 50);
  const behind = await submit(1000, 50);
  expect(await promiseOf(wide)).not.toBeNull();
  // Depth 1: one of a priority.
  expect(await promiseOf(behind)).toBeNull();
  await service.dispatcher.commands.cancel(wide.id, '');
  await untilIdle();
  expect(await promiseOf(behind)).not.toBeNull();
});

test('a bid holds a place behind the queue until it expires', async () => {
  const { service, clock, submit, promiseOf } = await oneNode();
  const first = await submit(1000, 100);
  await service.until(first.id, 'running');
  const [wide, behind] = [await submit(1000, 50), await submit(1000, 50)];
  const bid = await submit(1000, 50, { bid: true });
  expect((await service.run(bid.id)).state).toBe('offered');
  // Behind both: each has create_timeout, max_duration and the margin.
  expect(await promiseOf(bid)).toBeGreaterThanOrEqual((await promiseOf(wide))! + 2 * 61);
  expect(await promiseOf(behind)).toBeNull();
  await clock.advance(60_000);
  expect(await service.run(bid.id)).toMatchObject({ state: 'cancelled', reason: 'bid_expired' });
});

test('an accepted bid starts in time; a rejected one leaves nothing', async () => {
  const { service, clock, submit, promiseOf, after } = await oneNode();
  const [bid, other] = [await submit(600, 50, { bid: true }), await submit(400, 50, { bid: true })];
  const startsBy = await promiseOf(bid);
  expect(startsBy).toBe(60);
  await clock.advance(30_000);
  // Its place is held.
  const wide = await submit(1000, 50);
  expect((await service.run(wide.id)).state).toBe('queued');
  await service.dispatcher.commands.reject(other.id, 'no need');
  await service.dispatcher.commands.accept(bid.id);
  const { lastTryAt } = await service.until(bid.id, 'running');
  expect(after(lastTryAt)).toBeLessThanOrEqual(60);
  expect(await service.run(other.id)).toMatchObject({ state: 'cancelled', reason: 'rejected' });
  await clock.advance(60_000);
  expect((await service.run(bid.id)).state).toBe('completed');
});

test('a change of labels asks no node again, and the promise keeps its place in the plan', async () => {
  const { service, submit, promiseOf } = await oneNode();
  const first = await submit(600, 100);
  await service.until(first.id, 'running');
  const wide = await submit(1000, 50);
  const before = service.dispatcher.runs.get(wide.id)!.spec;
  await service.dispatcher.commands.edit(wide.id, { labels: { team: 'b' } });
  expect(service.dispatcher.runs.get(wide.id)!.spec).toBe(before);
  await expect(service.dispatcher.commands.extend(first.id, 60)).rejects.toMatchObject({ code: 'promise_broken' });
  expect(await promiseOf(wide)).toBe(102);
});
