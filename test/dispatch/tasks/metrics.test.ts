import { expect, test } from 'vitest';
import { TaskMetrics } from '../../../src/dispatch/metrics-of-tasks.js';
import { submittedTask, type Task } from '../../../src/tasks/task.js';
import { taskScene } from './scene.js';
import { plain } from '../../tasks/plain.js';

test('the numbers of tasks are in the metrics, without their ids', async () => {
  const { run, add, untilTask, command, hand, ask } = await taskScene();
  const { id: of } = await run();
  const { id } = await add(of);
  await add(of);
  hand.endCommand(...command(await untilTask(id, 'running')), { state: 'exited', code: 0 });
  await untilTask(id, 'completed');
  const { text } = await ask('/metrics');
  for (const line of [
    'mayfly_tasks{state="pending"} 0',
    'mayfly_tasks{state="running"} 1',
    'mayfly_tasks_total{state="completed"} 1',
    'mayfly_task_deliveries_total{outcome="completed"} 1',
    'mayfly_task_wait_seconds_count 2',
    'mayfly_task_run_seconds_count 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toContain(id);
});

const work = { name: 'resize', revision: 'v1', command: ['serve'], timeout: 20 };

test('an organisation sees its tasks by function and by worker, and another one does not', async () => {
  const { run, untilTask, command, hand, ask, tokenOf } = await taskScene();
  const { id, worker } = await run();
  await ask('/v1/functions', { body: work });
  const add = async () => (await ask('/v1/tasks', { body: { run: id, function: 'resize' } })).body as { id: string };
  const first = await add();
  hand.endCommand(...command(await untilTask(first.id, 'running')), { state: 'exited', code: 3 });
  await untilTask(first.id, 'failed');
  await untilTask((await add()).id, 'running');
  await add();
  const { text } = await ask('/metrics');
  for (const line of [
    'mayfly_function_tasks{function="resize",state="running"} 1',
    'mayfly_function_tasks{function="resize",state="pending"} 1',
    'mayfly_function_tasks_total{function="resize",state="failed"} 1',
    'mayfly_function_wait_seconds_count{function="resize"} 2',
    'mayfly_function_run_seconds_count{function="resize"} 1',
    `mayfly_worker_tasks{worker="${worker}"} 1`,
  ])
    expect(text.split('\n')).toContain(line);
  const others = await ask('/metrics', { token: await tokenOf('other', 'read') });
  expect(others.status).toBe(200);
  expect(others.text).toContain('mayfly_tasks_total{state="failed"} 1');
  for (const name of ['resize', worker]) expect(others.text).not.toContain(name);
});

test('names beyond the first 100 count as others', async () => {
  const running = (at: number): Task => ({
    ...submittedTask({
      ...plain,
      ...{ id: `${at}`, organisation: 'o', run: 'r', priority: 0, command: ['x'], container: 'engine', timeout: 1, attempts: 1, cpu: 1 },
      ...{ memory: 1, now: 0, function: `f${at}@v1` },
    }),
    ...{ state: 'running', token: `${at}`, worker: `w${at}` },
  });
  const metrics = new TaskMetrics(() => Array.from({ length: 103 }, (_, at) => running(at)));
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('mayfly_function_tasks{function="f99",state="running"} 1');
  expect(lines).toContain('mayfly_function_tasks{function="other",state="running"} 3');
  expect(lines).toContain('mayfly_worker_tasks{worker="w99"} 1');
  expect(lines).toContain('mayfly_worker_tasks{worker="other"} 3');
  expect(lines.filter((line) => line.startsWith('mayfly_worker_tasks{'))).toHaveLength(101);
});
