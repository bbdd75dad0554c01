import { expect, test } from 'vitest';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { request } from '../http/scene.js';
import { type TaskAnswer, taskScene } from '../tasks/scene.js';

interface FleetAnswer {
  refused: string | null;
  workers: { run: string; state: string; worker: string }[];
}

/** A fleet of 0 to `max` workers, each for one task at a time; idle ones end after 30 s. */
async function elastic(max: number, more: Record<string, unknown> = {}) {
  const scene = await taskScene();
  const made = await scene.ask('/v1/fleets', { body: { name: 'crew', spec: request, min: 0, max, idle: 30, ...more } });
  expect(made.status).toBe(201);
  const fleet = async () => (await scene.ask('/v1/fleets/crew')).body as FleetAnswer;
  return {
    ...scene,
    fleet,
    ready: async () => (await fleet()).workers.filter(({ state }) => state === 'running').length,
    async addTask(more: Record<string, unknown> = {}) {
      const answer = await scene.ask('/v1/tasks', { body: { fleet: 'crew', command: ['serve'], timeout: 60, ...more } });
      expect(answer.status, answer.text).toBe(201);
      // The order of tasks is by time.
      await scene.clock.advance(1);
      return answer.body as TaskAnswer;
    },
    end: ({ id, attempt, worker }: TaskAnswer) =>
      scene.hand.endCommand(worker!, 'engine', commandIdOf({ id, attempt }), { state: 'exited', code: 0 }),
    async story() {
      const { events } = (await scene.ask('/v1/fleets/crew/events')).body as { events: { type: string; data: Record<string, unknown> }[] };
      return events.flatMap(({ type, data }) =>
        type.startsWith('task_') ? [] : [[type, data['why'] ?? data['code']].filter(Boolean).join(' ')],
      );
    },
  };
}

test('a fleet without workers starts one for each waiting task, up to its most, and ends idle ones', async () => {
  const { addTask, fleet, ready, untilTask, end, clock, story } = await elastic(2);
  const [first, second, third] = [await addTask(), await addTask(), await addTask()];
  const running = [await untilTask(first.id, 'running'), await untilTask(second.id, 'running')];
  expect([(await fleet()).workers.length, (await fleet()).refused]).toEqual([2, 'the fleet may have 2 workers']);
  expect(new Set(running.map(({ worker }) => worker)).size).toBe(2);
  end(running[0]!);
  const last = await untilTask(third.id, 'running');
  expect(last.worker).toBe(running[0]!.worker);
  end(running[1]!);
  end(last);
  await untilTask(third.id, 'completed');
  await clock.advance(25_000);
  expect(await ready()).toBe(2);
  await clock.advance(10_000);
  expect((await fleet()).workers).toEqual([]);
  expect(await story()).toEqual(['created', 'grown demand', 'grown demand', 'refused most_workers', 'freed idle', 'freed idle']);
});

test('a task whose worker is killed is delivered to another worker of the fleet', async () => {
  const { addTask, untilTask, end, hand } = await elastic(1);
  const { id } = await addTask();
  const first = await untilTask(id, 'running');
  hand.exit(first.worker!, 'engine', 137);
  await untilTask(id, 'pending');
  const second = await untilTask(id, 'running');
  expect([second.attempt, second.worker === first.worker]).toEqual([2, false]);
  end(second);
  expect(await untilTask(id, 'completed')).toMatchObject({ run: null, attempt: 2, exit_code: 0 });
});

test('workers take as many tasks as their resources allow, and no worker is started for a task that one could take', async () => {
  const { addTask, untilTask, fleet } = await elastic(4);
  const small = { cpu: 250, memory: 256 };
  const tasks = [await addTask(small), await addTask(small), await addTask(small), await addTask(small)];
  const workers = [];
  for (const { id } of tasks) workers.push((await untilTask(id, 'running')).worker);
  expect([new Set(workers).size, (await fleet()).workers.length]).toEqual([2, 2]);
});

test('the tasks of a removed fleet are stopped', async () => {
  const { addTask, untilTask, ask } = await elastic(1);
  const [first, second] = [await addTask(), await addTask()];
  await untilTask(first.id, 'running');
  await ask('/v1/fleets/crew', { method: 'DELETE' });
  expect(await untilTask(first.id, 'stopped')).toMatchObject({ reason: 'run_ended' });
  expect(await untilTask(second.id, 'stopped')).toMatchObject({ reason: 'run_ended' });
  const answer = await ask('/v1/tasks', { body: { fleet: 'crew', command: ['serve'], timeout: 60 } });
  expect(answer).toMatchObject({ status: 404, body: { error: { code: 'fleet_unknown' } } });
});

test('a task for a worker of a fleet is refused: the fleet chooses', async () => {
  const { addTask, untilTask, fleet, ask } = await elastic(1);
  await untilTask((await addTask()).id, 'running');
  const { run } = (await fleet()).workers[0]!;
  const answer = await ask('/v1/tasks', { body: { run, command: ['serve'], timeout: 60 } });
  expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('name the fleet')]);
  const neither = await ask('/v1/tasks', { body: { command: ['serve'], timeout: 60 } });
  expect([neither.status, neither.text]).toEqual([400, expect.stringContaining('a task has either a run, a fleet or an allocation')]);
});

test('a worker whose end could not be stored takes tasks again', async () => {
  const { addTask, untilTask, end, clock, store, fleet, story } = await elastic(1);
  const first = await addTask();
  end(await untilTask(first.id, 'running'));
  const { worker } = await untilTask(first.id, 'completed');
  const { addEvent } = store.fleets;
  store.fleets.addEvent = () => Promise.reject(new Error('the disk is full'));
  await clock.advance(31_000);
  store.fleets.addEvent = addEvent;
  const { id } = await addTask();
  expect((await untilTask(id, 'running')).worker).toBe(worker);
  expect([(await fleet()).workers.length, await story()]).toEqual([1, ['created', 'grown demand']]);
});
