import { expect, test, vi } from 'vitest';
import { serving } from '../scene.js';
import { addFleet, statesOf, storyOf, workersOf } from './scene.js';

test('a static fleet has its workers, and each has its event', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const fleet = await addFleet(service);
  await scene.clock.advance(10_000);
  expect(statesOf(service, fleet)).toEqual(['running', 'running', 'running']);
  expect(await storyOf(service, fleet)).toEqual(['created', 'grown: minimum', 'grown: minimum', 'grown: minimum']);
});

test('a killed worker is replaced by another run', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const fleet = await addFleet(service);
  await scene.clock.advance(30_000);
  const [first, ...others] = workersOf(service, fleet);
  scene.hand.exit(first!.worker!, 'engine', 137);
  await scene.clock.advance(30_000);
  const after = workersOf(service, fleet).map(({ id }) => id);
  expect(statesOf(service, fleet)).toEqual(['running', 'running', 'running']);
  expect(after).toEqual(expect.arrayContaining(others.map(({ id }) => id)));
  expect(after).not.toContain(first!.id);
});

test('workers are replaced before their end, so that the fleet never has fewer', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const fleet = await addFleet(service);
  await scene.clock.advance(10_000);
  for (let at = 0; at < 900; at += 5) {
    await scene.clock.advance(5000);
    const ready = workersOf(service, fleet).filter(({ state }) => state === 'running').length;
    expect(ready, `${at} s`).toBeGreaterThanOrEqual(3);
    expect(workersOf(service, fleet).length, `${at} s`).toBeLessThanOrEqual(6);
  }
  expect((await storyOf(service, fleet)).filter((event) => event === 'grown: minimum').length).toBeGreaterThanOrEqual(9);
});

test.each(['close', 'kill'] as const)('the next process after a %s keeps the workers, and makes no others', async (end) => {
  const scene = await serving();
  const first = await scene.serve();
  const fleet = await addFleet(first);
  await scene.clock.advance(10_000);
  const before = workersOf(first, fleet).map(({ worker }) => worker);
  await first[end]();
  const second = await scene.serve();
  await scene.clock.advance(10_000);
  expect(workersOf(second, fleet).map(({ worker }) => worker)).toEqual(before);
  scene.hand.exit(before[0]!, 'engine', 137);
  await scene.clock.advance(30_000);
  expect(statesOf(second, fleet)).toEqual(['running', 'running', 'running']);
});

test('a removed fleet ends its workers, and is closed when they are gone', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const fleet = await addFleet(service);
  await scene.clock.advance(10_000);
  await service.dispatcher.fleetCommands.remove(fleet, 'test');
  await scene.clock.advance(30_000);
  expect([statesOf(service, fleet), service.dispatcher.fleets.all(), scene.node.of('')]).toEqual([[], [], []]);
  expect((await storyOf(service, fleet)).slice(4)).toEqual(['removed', 'freed: removed', 'freed: removed', 'freed: removed', 'closed']);
});

test('three failed starts in a row make a pause, with the reason', async () => {
  const scene = await serving();
  const service = await scene.serve();
  service.client.faults.fail('create', { times: 1000 });
  const fleet = await addFleet(service, { min: 1, max: 1 });
  await scene.clock.advance(240_000);
  const events = await service.store.fleets.events({ fleet: fleet.id, limit: 100 });
  expect(events.filter(({ type }) => type === 'start_failed').map(({ data }) => data['failures'])).toEqual([1, 2, 3]);
  expect(events.at(-1)).toMatchObject({
    type: 'refused',
    data: { code: 'failed_starts', cause: expect.stringContaining('3 starts in a row failed') as string },
  });
});

test('an idle worker stays while the choice of a task for it is being stored', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const fleet = await addFleet(service, { min: 1, max: 1, idle: 30_000 });
  await scene.clock.advance(10_000);
  const isTaking = vi.spyOn(service.dispatcher.tasks.desk, 'isTaking').mockReturnValue(true);
  await service.dispatcher.fleetCommands.change(fleet, { min: 0 }, 'test');
  await scene.clock.advance(60_000);
  expect(statesOf(service, fleet)).toEqual(['running']);
  isTaking.mockRestore();
  await scene.clock.advance(20_000);
  expect([statesOf(service, fleet), (await storyOf(service, fleet)).at(-1)]).toEqual([[], 'freed: idle']);
});
