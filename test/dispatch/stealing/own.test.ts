import { expect, test } from 'vitest';
import { stealing } from './scene.js';

test('stealers are added up to the most, take tasks of the queue, and are freed when nothing is left to steal', async () => {
  const { addTask, shown, untilTask, end, clock, story } = await stealing({ max: 3 });
  const tasks = [await addTask(), await addTask(), await addTask(), await addTask()];
  const running = [];
  for (const { id } of tasks.slice(0, 3)) running.push(await untilTask(id, 'running'));
  const { worker, stealers, missing } = await shown();
  expect(new Set(running.map((task) => task.worker))).toEqual(new Set([worker, ...stealers.map((one) => one.worker)]));
  expect([stealers.length, missing]).toEqual([2, 'the run may have 3 workers']);
  for (const task of running) end(task);
  end(await untilTask(tasks[3]!.id, 'running'));
  await untilTask(tasks[3]!.id, 'completed');
  await clock.advance(20_000);
  expect(await shown()).toMatchObject({ state: 'running', stealers: [], missing: null });
  expect(await story()).toEqual([
    'stealer_added demand',
    'stealer_added demand',
    'stealers_refused most_workers',
    'stealer_freed idle',
    'stealer_freed idle',
  ]);
});

test('a run with one task has no stealer, nor has one without `workers`', async () => {
  const { addTask, shown, untilTask, clock, run, add } = await stealing({ max: 3 });
  await untilTask((await addTask()).id, 'running');
  const other = await run();
  await add(other.id);
  await add(other.id);
  await clock.advance(30_000);
  expect([(await shown()).stealers, (await shown(other.id)).stealers]).toEqual([[], []]);
});

test('the tasks of a stealer that dies are delivered to another worker', async () => {
  const { addTask, shown, untilTask, hand, end } = await stealing({ max: 2 });
  const first = await addTask();
  const second = await addTask();
  await untilTask(first.id, 'running');
  const stolen = await untilTask(second.id, 'running');
  const [dead] = (await shown()).stealers;
  expect(stolen.worker).toBe(dead!.worker);
  hand.exit(stolen.worker!, 'engine', 137);
  await untilTask(second.id, 'pending');
  const again = await untilTask(second.id, 'running');
  expect([again.attempt, again.worker === stolen.worker]).toEqual([2, false]);
  end(again);
  expect(await untilTask(second.id, 'completed')).toMatchObject({ attempt: 2, exit_code: 0 });
  expect((await shown(dead!.run)).state).toBe('failed');
});

test('when the primary dies, stealers are freed, and the next attempt does all unfinished tasks', async () => {
  const { addTask, shown, untilTask, hand, end, id, until, clock, story, node } = await stealing({ max: 3 });
  const tasks = [await addTask(), await addTask(), await addTask()];
  const running = [];
  for (const task of tasks) running.push(await untilTask(task.id, 'running'));
  const before = await shown();
  end(running[2]!);
  await untilTask(tasks[2]!.id, 'completed');
  hand.exit(before.worker!, 'engine', 137);
  await clock.advance(20_000);
  await until(id, 'running');
  for (const { run } of before.stealers) expect(await shown(run)).toMatchObject({ state: 'cancelled' });
  for (const { worker } of before.stealers) expect(node.of(worker!)).toEqual([]);
  for (const { id: task } of tasks.slice(0, 2)) {
    const again = await untilTask(task, 'running');
    expect(again.attempt).toBe(2);
    end(again);
    await untilTask(task, 'completed');
  }
  expect((await story()).filter((one) => one.startsWith('stealer_freed'))).toEqual([
    'stealer_freed primary_ended',
    'stealer_freed primary_ended',
  ]);
});

test('stealers end with their run', async () => {
  const { addTask, shown, untilTask, ask, id, until, clock } = await stealing({ max: 2 });
  const tasks = [await addTask(), await addTask()];
  for (const task of tasks) await untilTask(task.id, 'running');
  const [stealer] = (await shown()).stealers;
  await ask(`/v1/runs/${id}/cancel`, { body: {} });
  await until(id, 'cancelled');
  await clock.advance(20_000);
  expect(await shown(stealer!.run)).toMatchObject({ state: 'cancelled', steals_for: id });
  for (const task of tasks) expect(await untilTask(task.id, 'stopped')).toMatchObject({ reason: 'run_ended' });
});

test('`min` keeps stealers without tasks', async () => {
  const { shown, clock, story, hand } = await stealing({ min: 2, max: 2 });
  await clock.advance(60_000);
  const [stealer, ...more] = (await shown()).stealers;
  expect([stealer!.state, more]).toEqual(['running', []]);
  hand.exit(stealer!.worker!, 'engine', 1);
  await clock.advance(60_000);
  expect((await shown()).stealers.map(({ state }) => state)).toEqual(['running']);
  expect(await story()).toEqual(['stealer_added minimum', 'stealer_added minimum']);
});

test('a stealer takes no task that would outlive its primary', async () => {
  const { addTask, shown, clock, hand, task } = await stealing({ min: 2, max: 2 });
  await clock.advance(150_000);
  hand.exit((await shown()).stealers[0]!.worker!, 'engine', 1);
  await clock.advance(20_000);
  expect((await shown()).stealers.map(({ state }) => state)).toEqual(['running']);
  const { id } = await addTask({ timeout: 200 });
  await clock.advance(5_000);
  expect((await task(id)).state).toBe('pending');
});
