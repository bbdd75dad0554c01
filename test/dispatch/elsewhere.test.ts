import { expect, test } from 'vitest';
import { serving } from './scene.js';

const id = '5b0c1c7e-6a0f-4f3e-9f0c-5c4a9d1d7e10';

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
