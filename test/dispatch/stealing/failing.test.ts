import { expect, test } from 'vitest';
import { request } from '../http/scene.js';
import { stealing } from './scene.js';

test('a run whose secrets cannot be read has no stealers, and others have them', async () => {
  const scene = await stealing({ max: 2 });
  const { addTask, add, shown, untilTask, clock, ask, until, store, id, log } = scene;
  const { id: other } = (await ask('/v1/runs', { body: { spec: request, workers: { max: 2 } } })).body as { id: string };
  await until(other, 'running');
  await ask('/v1/fleets', { body: { name: 'crew', spec: request, min: 1, max: 1 } });
  await clock.advance(10_000);
  const { secrets } = store;
  store.secrets = (run) => (run === id ? Promise.reject(new Error('unreadable')) : secrets(run));
  const first = [await addTask(), await addTask()];
  const second = [await add(other), await add(other)];
  await ask('/v1/fleets/crew', { method: 'PATCH', body: { min: 2, max: 2 } });
  await clock.advance(20_000);
  for (const { id: task } of second) expect(await scene.task(task)).toMatchObject({ state: 'running' });
  const states = ((await ask('/v1/fleets/crew')).body as { workers: { state: string }[] }).workers.map(({ state }) => state);
  expect([(await shown()).stealers, (await shown(other)).stealers.length, states]).toEqual([[], 1, ['running', 'running']]);
  expect(log.filter((line) => line.includes(`"of":"${id}"`) && line.includes('is repeated soon'))).not.toEqual([]);
  store.secrets = secrets;
  for (const task of first) await untilTask(task.id, 'running');
});

test('the end of a stealer counts once, also if its event could not be stored at first', async () => {
  const { addTask, shown, untilTask, clock, client, store, story } = await stealing({ max: 2 });
  await untilTask((await addTask()).id, 'running');
  client.faults.fail('create', { times: 1000 });
  const { addEvent } = store;
  let tries = 0;
  store.addEvent = (run, attempt, event) =>
    event.type === 'stealer_failed' && tries++ === 0 ? Promise.reject(new Error('the disk is full')) : addEvent(run, attempt, event);
  await addTask();
  await clock.advance(40_000);
  expect(tries).toBe(4);
  expect((await shown()).missing).toContain('3 starts in a row failed, and the next one is at');
  const events = await story();
  const count = (type: string) => events.filter((one) => one.startsWith(type)).length;
  expect([count('stealer_added'), count('stealer_failed')]).toEqual([3, 3]);
});
