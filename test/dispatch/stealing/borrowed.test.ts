import { expect, test } from 'vitest';
import { request } from '../http/scene.js';
import { stealing, type StealingScene } from './scene.js';

interface FleetAnswer {
  workers: { run: string; state: string; worker: string; lent_to: string | null }[];
}

const fleetOf = async ({ ask }: StealingScene) => ((await ask('/v1/fleets/crew')).body as FleetAnswer).workers;

async function fleetStory({ ask }: StealingScene) {
  const { events } = (await ask('/v1/fleets/crew/events')).body as { events: { type: string; data: Record<string, unknown> }[] };
  return events
    .filter(({ type }) => !type.startsWith('task_'))
    .map(({ type, data }) => [type, data['by'], data['why']].filter(Boolean).join(' '));
}

test('a fleet grows for a run that borrows from it, as far as it lends, and gets its workers back', async () => {
  const scene = await stealing({ max: 4, aux: 'crew' }, { aux: 2 });
  const { addTask, shown, untilTask, end, clock, story, id } = scene;
  const tasks = [await addTask(), await addTask(), await addTask(), await addTask()];
  const running = [];
  for (const { id: task } of tasks.slice(0, 3)) running.push(await untilTask(task, 'running'));
  const { stealers, missing } = await shown();
  expect([stealers.length, missing]).toEqual([2, 'the fleet crew lends 2 workers at the same time']);
  expect((await fleetOf(scene)).map(({ lent_to: to }) => to)).toEqual([id, id]);
  // Longer than the fleet's `idle`: a worker that was lent is not idle.
  await clock.advance(40_000);
  for (const task of running) end(task);
  end(await untilTask(tasks[3]!.id, 'running'));
  await untilTask(tasks[3]!.id, 'completed');
  await clock.advance(15_000);
  expect((await shown()).stealers).toEqual([]);
  expect((await fleetOf(scene)).map(({ state, lent_to: to }) => [state, to])).toEqual([
    ['running', null],
    ['running', null],
  ]);
  await clock.advance(40_000);
  expect(await fleetOf(scene)).toEqual([]);
  const grown = `grown run ${id} demand`;
  const [created, ...rest] = await fleetStory(scene);
  expect([created?.startsWith('created'), rest]).toEqual([true, [grown, grown, 'freed idle', 'freed idle']]);
  expect((await story()).toSorted()).toEqual([
    ...['stealer_added demand', 'stealer_added demand', 'stealer_freed idle', 'stealer_freed idle'],
    'stealers_refused lender',
  ]);
});

test('the tasks of the fleet come first, and a lent worker takes none of them', async () => {
  const scene = await stealing({ max: 2, aux: 'crew' }, { min: 1, max: 1, aux: 1 });
  const { addTask, shown, untilTask, end, clock, ask } = scene;
  await clock.advance(10_000);
  const own = async () => (await ask('/v1/tasks', { body: { fleet: 'crew', command: ['serve'], timeout: 60 } })).body as { id: string };
  const first = await own();
  await untilTask(first.id, 'running');
  await untilTask((await addTask()).id, 'running');
  const stolen = await addTask();
  await clock.advance(5_000);
  expect([(await shown()).stealers, (await shown()).missing]).toEqual([[], 'the fleet may have 1 worker']);
  end(await scene.task(first.id));
  const running = await untilTask(stolen.id, 'running');
  const second = await own();
  await clock.advance(5_000);
  expect((await scene.task(second.id)).state).toBe('pending');
  end(running);
  expect((await untilTask(second.id, 'running')).worker).toBe(running.worker);
});

test('when the primary dies, borrowed workers are ended: its commands may run on them', async () => {
  const scene = await stealing({ max: 2, aux: 'crew' }, { aux: 1 });
  const { addTask, shown, untilTask, hand, clock, id, until, end } = scene;
  const tasks = [await addTask(), await addTask()];
  for (const task of tasks) await untilTask(task.id, 'running');
  const { worker, stealers } = await shown();
  hand.exit(worker!, 'engine', 137);
  await clock.advance(20_000);
  await until(id, 'running');
  expect(await shown(stealers[0]!.run)).toMatchObject({ state: 'cancelled' });
  for (const task of tasks) end(await untilTask(task.id, 'running'));
  for (const task of tasks) expect(await untilTask(task.id, 'completed')).toMatchObject({ attempt: 2 });
});

test('a removed fleet takes its workers back, and the run goes on alone', async () => {
  const scene = await stealing({ max: 2, aux: 'crew' }, { aux: 1 });
  const { addTask, shown, untilTask, ask, clock, end } = scene;
  const tasks = [await addTask(), await addTask()];
  const first = await untilTask(tasks[0]!.id, 'running');
  await untilTask(tasks[1]!.id, 'running');
  await ask('/v1/fleets/crew', { method: 'DELETE' });
  await clock.advance(20_000);
  expect((await shown()).stealers).toEqual([]);
  end(first);
  const again = await untilTask(tasks[1]!.id, 'running');
  expect([again.attempt, again.worker]).toEqual([2, (await shown()).worker]);
});

test('a worker with an allocation is not lent, and a lent one gets none', async () => {
  const scene = await stealing({ max: 2, aux: 'crew' }, { min: 1, max: 1, aux: 1 });
  const { addTask, shown, untilTask, clock, ask, end } = scene;
  await clock.advance(10_000);
  const allocate = () => ask('/v1/allocations', { body: { fleet: 'crew', min: { cpu: 100, memory: 64 }, ttl: 60 } });
  const first = (await allocate()).body as { id: string; state: string };
  await untilTask((await addTask()).id, 'running');
  const stolen = await addTask();
  await clock.advance(5_000);
  expect([first.state, (await shown()).stealers]).toEqual(['granted', []]);
  await ask(`/v1/allocations/${first.id}`, { method: 'DELETE' });
  const running = await untilTask(stolen.id, 'running');
  const second = (await allocate()).body as { id: string; state: string };
  await clock.advance(5_000);
  const state = async () => ((await ask(`/v1/allocations/${second.id}`)).body as { state: string }).state;
  expect(await state()).toBe('waiting');
  end(running);
  await clock.advance(15_000);
  expect(await state()).toBe('granted');
});

test('workers that cannot be are refused, each with its reason', async () => {
  const { ask } = await stealing({ max: 1 }, {});
  const refusal = async (workers: unknown) => {
    const { status, text } = await ask('/v1/runs', { body: { spec: request, workers } });
    return [status, text] as const;
  };
  const text = (part: string) => expect.stringContaining(part) as string;
  expect(await refusal({ max: 4, aux: 'none' })).toEqual([409, text('the organisation has no fleet none')]);
  expect(await refusal({ max: 4, aux: 'crew' })).toEqual([409, text('the fleet crew lends no workers, and the run asks for some')]);
  expect(await refusal({ min: 4, max: 3 })).toEqual([422, text('must be at most `max`: min is 4, and max is 3')]);
  expect(await refusal({ max: 0 })).toEqual([400, text('workers.max')]);
  expect(await refusal({ max: 2, most: 3 })).toEqual([400, text('workers')]);
});

test('neither a stealer takes tasks of its own, nor does it move', async () => {
  const { addTask, shown, untilTask, ask } = await stealing({ max: 2 });
  const tasks = [await addTask(), await addTask()];
  for (const task of tasks) await untilTask(task.id, 'running');
  const { run } = (await shown()).stealers[0]!;
  const task = await ask('/v1/tasks', { body: { run, command: ['serve'], timeout: 60 } });
  expect([task.status, task.text]).toEqual([409, expect.stringContaining('the run is a stealer, which takes tasks of its primary')]);
  const named = (await ask('/v1/runs?name=one')).body as { runs: unknown[] };
  const all = (await ask('/v1/runs')).body as { runs: { steals_for: string | null }[] };
  expect([named.runs.length, all.runs.filter(({ steals_for: of }) => of !== null).length]).toEqual([1, 1]);
});
