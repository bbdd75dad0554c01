import { expect, test } from 'vitest';
import { smallSpec } from '../memory/scene.js';
import { serving, submissionOf } from './scene.js';

/** 80 s at a tenth of a cent a second: at most $0.08. */
const spec = (max_cost: number) => smallSpec({ max_duration: 60, create_timeout: 20, max_cost });

async function failingOnce(max_cost: number) {
  const scene = await serving();
  scene.node.price = 3.6;
  const service = await scene.serve();
  service.client.faults.fail('create', { times: 1 });
  const { id } = await service.submit({ ...submissionOf(spec(max_cost)), attempts: 3 });
  return { ...scene, service, id };
}

test('a run whose next attempt could cost more than max_cost leaves has failed', async () => {
  const { service, id, node } = await failingOnce(0.081);
  const run = await service.until(id, 'failed');
  expect(run).toMatchObject({ reason: 'cost_exceeded', attempt: 1 });
  const [attempt] = await service.store.attempts(id);
  expect(attempt!.cost).toBeGreaterThan(1000);
  expect(attempt!.error?.code).toBe('backend_unreachable');
  const last = (await service.store.events({ run: id, limit: 50 })).at(-1)!;
  expect(last).toMatchObject({ type: 'failed', data: { reason: 'cost_exceeded', max_cost: 0.081, least: 0.08 } });
  expect(node.list()).toEqual([]);
});

test('another attempt is made within max_cost', async () => {
  const { service, id } = await failingOnce(0.2);
  expect(await service.until(id, 'running')).toMatchObject({ attempt: 2 });
});

test('a reservation outlives the process', async () => {
  const scene = await serving();
  scene.node.price = 3.6;
  const first = await scene.serve();
  const { id } = await first.submit(submissionOf(spec(1)));
  await first.until(id, 'running');
  await first.kill();
  const second = await scene.serve();
  expect(await second.store.spent('team', '2026-01')).toBe(80_000);
  await second.dispatcher.commands.cancel(id, '');
  await second.until(id, 'cancelled');
  const [attempt] = await second.store.attempts(id);
  expect(await second.store.spent('team', '2026-01')).toBe(attempt!.cost);
  expect(attempt!.cost).toBeLessThan(80_000);
});

test.each([
  ['before the lease is written', 'hold', 60, 140_000],
  ['after it, before it is reported', 'loseReply', 120, 200_000],
] as const)('an extension whose process is killed %s stays reserved once', async (_, fault, later, reserved) => {
  const scene = await serving();
  scene.node.price = 3.6;
  const first = await scene.serve();
  const { id } = await first.submit(submissionOf(smallSpec({ max_duration: 60, create_timeout: 20 })));
  const { ends, until } = await first.until(id, 'running');
  const slack = until! * 1000 - ends!;
  if (fault === 'hold') first.client.faults.hold('create', { of: /lease/ });
  else first.client.faults.loseReply('create', { of: /lease/, as: 'silence' });
  void first.dispatcher.commands.extend(id, 60).catch(() => {});
  await scene.clock.advance(1000);
  await first.kill();
  expect(await first.store.spent('team', '2026-01')).toBe(140_000 - slack);
  const second = await scene.serve();
  const extended = await second.dispatcher.commands.extend(id, 60);
  expect(extended.ends! - ends!).toBe(later * 1000);
  expect(extended.until! * 1000).toBe(extended.ends);
  expect(await second.store.spent('team', '2026-01')).toBe(reserved - slack);
});
