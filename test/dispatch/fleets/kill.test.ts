import { expect, test } from 'vitest';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { request } from '../http/scene.js';
import { random } from '../schedule/seeded-trace.js';
import { type TaskAnswer, taskScene } from '../tasks/scene.js';

const tasks = 200;

test('tasks of an elastic fleet whose workers are killed get one final state each, and idle workers are gone in their time', async () => {
  const scene = await taskScene();
  const { ask, clock, hand, store } = scene;
  const next = random(7);
  await ask('/v1/fleets', { body: { name: 'crew', spec: request, min: 0, max: 8, idle: 20 } });
  const ids: string[] = [];
  for (let added = 0; added < tasks; added += 1) {
    const answer = await ask('/v1/tasks', {
      body: { fleet: 'crew', command: ['serve'], timeout: 60, attempts: 50, cpu: 100, memory: 100 },
    });
    ids.push((answer.body as TaskAnswer).id);
  }
  const running = async () => ((await ask('/v1/tasks?state=running&limit=500')).body as { tasks: TaskAnswer[] }).tasks;
  let kills = 0;
  for (let left = 400; left > 0; left -= 1) {
    const now = await running();
    const victim = now.length > 0 && next() < 0.2 ? now[Math.floor(next() * now.length)]!.worker : null;
    for (const { id, attempt, worker } of now)
      if (worker !== victim && next() < 0.3) hand.endCommand(worker!, 'engine', commandIdOf({ id, attempt }), { state: 'exited', code: 0 });
    if (victim !== null) hand.exit(victim, 'engine', 137);
    kills += victim === null ? 0 : 1;
    await clock.advance(1000);
    const states = await Promise.all(ids.map(async (id) => (await store.tasks.task(id))!.state));
    if (states.every((state) => state === 'completed')) break;
  }
  expect(kills).toBeGreaterThan(3);
  const ends = (await store.events({ limit: 100_000 })).filter(({ type }) => type === 'task_completed').map(({ data }) => data['task']);
  expect(ends.toSorted()).toEqual(ids.toSorted());
  await clock.advance(60_000);
  expect((await ask('/v1/fleets/crew')).body).toMatchObject({ workers: [] });
});
