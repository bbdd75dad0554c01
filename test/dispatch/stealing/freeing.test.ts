import { expect, test } from 'vitest';
import { untilIdle } from '../../support/idle.js';
import { stealing, type StealingScene } from './scene.js';

/** Calls a function before the first event of a type is stored. */
function beforeEvent({ store }: StealingScene, type: string, act: () => Promise<unknown>): void {
  const { addEvent } = store;
  store.addEvent = async (run, attempt, event) => {
    if (event.type === type) {
      store.addEvent = addEvent;
      await act();
    }
    return addEvent(run, attempt, event);
  };
}

test.each([
  ['own stealers', { max: 3 }, undefined],
  ['borrowed workers', { max: 3, aux: 'crew' }, { aux: 2 }],
])('a task that comes while %s are freed is not given to one of them', async (_name, workers, fleet) => {
  const scene = await stealing(workers, fleet);
  const { addTask, untilTask, end, clock, shown } = scene;
  const tasks = [await addTask(), await addTask(), await addTask()];
  const running = [];
  for (const { id } of tasks) running.push(await untilTask(id, 'running'));
  const { worker } = await shown();
  for (const task of running.filter((one) => one.worker !== worker)) end(task);
  let late = '';
  let state = '';
  beforeEvent(scene, 'stealer_freed', async () => {
    late = (await scene.add(scene.id)).id;
    await untilIdle();
    state = (await scene.task(late)).state;
  });
  await clock.advance(15_000);
  expect(state).toBe('pending');
  const taken = await untilTask(late, 'running');
  end(taken);
  expect(await untilTask(late, 'completed')).toMatchObject({ attempt: 1 });
  const freed = (await scene.story()).filter((one) => one === 'stealer_freed idle');
  expect(freed).toHaveLength(2);
});
