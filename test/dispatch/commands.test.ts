import { expect, test } from 'vitest';
import { thingsOf } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { serving } from './scene.js';

test('a queued run is cancelled at once', async () => {
  const scene = await serving();
  scene.hand.goAway();
  const service = await scene.serve();
  const { id } = await service.submit();
  expect(await service.dispatcher.commands.cancel(id, 'typo')).toMatchObject({ state: 'cancelled', attempt: 0 });
  expect(await service.events(id)).toEqual(['queued', 'cancel_asked']);
});

test('a cancel of a run whose worker is being made aborts the call under way, and ends the worker', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const held = service.client.faults.hold('start');
  const { id } = await service.submit();
  await held.reached;
  await service.dispatcher.commands.cancel(id, '');
  const run = await service.until(id, 'cancelled');
  held.release();
  await scene.clock.advance(30_000);
  expect([thingsOf(scene.node, run.worker!), run.attempt]).toEqual([[], 1]);
});

test('a cancel replaces the retry of a run that is ending', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const held = service.client.faults.hold('create');
  const { id } = await service.submit();
  await held.reached;
  scene.hand.goAway();
  held.release();
  await service.until(id, 'ending');
  await service.dispatcher.commands.cancel(id, '');
  scene.hand.back();
  await service.until(id, 'cancelled');
  await scene.clock.advance(60_000);
  expect(await service.run(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
});

test('a requeued run gets another worker after the first was ended', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const held = service.client.faults.hold('start', { times: 1 });
  const { id } = await service.submit();
  await held.reached;
  await service.dispatcher.commands.requeue(id);
  held.release();
  const run = await service.until(id, 'running');
  expect(run).toMatchObject({ attempt: 2, tries: 0 });
  const first = (await service.store.run(id))!.worker!.replace(/-2$/, '');
  expect([thingsOf(scene.node, first), thingsOf(scene.node, run.worker!)]).toEqual([[], ['engine running', 'lease-1 present']]);
});

test('a run that is ready is not requeued', async () => {
  const service = await (await serving()).serve();
  const { id } = await service.submit();
  await service.until(id, 'running');
  await expect(service.dispatcher.commands.requeue(id)).rejects.toMatchObject({ code: 'not_possible' });
});

test('an extension stores the later fence before it writes the lease', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  const { ends, until } = await service.until(id, 'running');
  const held = service.client.faults.hold('create', { of: /lease/ });
  const extended = service.dispatcher.commands.extend(id, 600);
  await held.reached;
  const during = await service.run(id);
  expect([during.until! > until!, during.ends]).toEqual([true, ends]);
  held.release();
  expect(await extended).toMatchObject({ state: 'running', ends: ends! + 600_000 });
  await scene.clock.advance(500_000);
  expect((await service.run(id)).state).toBe('running');
});

test('a change of labels and priority reaches a running run, and priority 0 cancels', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  await service.until(id, 'running');
  await service.dispatcher.commands.edit(id, { priority: 7, labels: { team: 'red' } });
  expect(await service.run(id)).toMatchObject({ state: 'running', priority: 7, labels: { team: 'red' } });
  await service.dispatcher.commands.edit(id, { priority: 0 });
  await service.until(id, 'cancelled');
  await untilIdle();
  await expect(service.dispatcher.commands.edit(id, { priority: 5 })).rejects.toMatchObject({ code: 'not_possible' });
});
