import { expect, test } from 'vitest';
import { Elsewhere } from '../../src/dispatch/elsewhere.js';
import { serving } from './scene.js';

const id = '5b0c1c7e-6a0f-4f3e-9f0c-5c4a9d1d7e10';
const other = '6b0c1c7e-6a0f-4f3e-9f0c-5c4a9d1d7e10';

test('a run elsewhere survives a restart without a step, and its end is not awaited for ever', async () => {
  const { serve, clock } = await serving();
  const first = await serve();
  expect(await first.dispatcher.elsewhere.declare({ id, organisation: 'team', labels: {} })).toBe(true);
  await first.close();
  const second = await serve();
  await clock.advance(60_000);
  expect(await second.dispatcher.elsewhere.declare({ id, organisation: 'team', labels: {} })).toBe(false);
  const { createdAt } = await second.run(id);
  await second.dispatcher.elsewhere.expire(createdAt);
  expect(await second.run(id)).toMatchObject({ state: 'elsewhere', node: null, attempt: 0 });
  await second.dispatcher.elsewhere.expire(createdAt + 1);
  expect(await second.run(id)).toMatchObject({ state: 'failed', reason: 'end_unknown' });
  expect(await second.events(id)).toEqual(['declared', 'end_unknown']);
  expect(second.log.filter((line) => line.includes('step failed'))).toEqual([]);
});

test('runs elsewhere are counted by organisation until their ends are reported, also after a restart', async () => {
  const { serve } = await serving();
  const first = await serve();
  await first.dispatcher.elsewhere.declare({ id, organisation: 'team', labels: {} });
  await first.dispatcher.elsewhere.declare({ id: other, organisation: 'other', labels: {} });
  await first.close();
  const { elsewhere, runs } = (await serve()).dispatcher;
  expect([runs.sizeElsewhere('team'), runs.sizeElsewhere('other'), runs.size]).toEqual([1, 1, 0]);
  await elsewhere.report('team', id, { type: 'ended', data: {}, state: 'completed' });
  expect([runs.sizeElsewhere('team'), runs.sizeElsewhere('other'), runs.size]).toEqual([0, 1, 0]);
});

test('an organisation has a limited number of runs elsewhere', async () => {
  const { serve } = await serving();
  const { runs } = (await serve()).dispatcher;
  const full = Object.assign(Object.create(runs) as typeof runs, { sizeElsewhere: (of: string) => (of === 'team' ? 10_000 : 9_999) });
  const elsewhere = new Elsewhere(full, { now: () => 0 });
  const refused = elsewhere.declare({ id, organisation: 'team', labels: {} });
  await expect(refused).rejects.toMatchObject({ code: 'queue_full', httpStatus: 429 });
  expect(await elsewhere.declare({ id, organisation: 'other', labels: {} })).toBe(true);
});
