import { describe, expect, test } from 'vitest';
import { timeout } from '../../kill/classes.js';
import { random } from '../schedule/seeded-trace.js';
import type { TaskAnswer } from '../tasks/scene.js';
import { live, type Life } from './restart.js';
import { stealing } from './scene.js';

interface Listed {
  id: string;
  state: string;
  steals_for: string | null;
}

/** Tasks of each world. */
const count = 24;

test.each([
  [3, { max: 4 }, undefined],
  [5, { min: 2, max: 3 }, undefined],
  [8, { max: 4, aux: 'crew' }, { aux: 2, max: 3 }],
] as const)('seed %i, %j: each task has one final state, and no stealer outlives the run', async (seed, workers, fleet) => {
  const scene = await stealing(workers, fleet);
  const { ask, clock, hand, store, id, end, shown } = scene;
  const next = random(seed);
  const tasks: string[] = [];
  for (let added = 0; added < count; added += 1) {
    const body = { attempts: 50, cpu: 100 + Math.floor(next() * 400), memory: 100, timeout: 20 };
    // Ids are made from keys, so that each seed is one life.
    tasks.push((await scene.add(id, body, `task ${added}`)).id);
  }
  const running = async () => ((await ask('/v1/tasks?state=running&limit=500')).body as { tasks: TaskAnswer[] }).tasks;
  let kills = 0;
  let most = 0;
  // The last part of the run's tasks ends with it.
  const cancelAt = Math.floor(60 + next() * 60);
  for (let second = 0; second < cancelAt; second += 1) {
    const now = await running();
    const { stealers } = await shown();
    most = Math.max(most, stealers.length);
    expect(stealers.length).toBeLessThan(workers.max);
    // Primaries are killed rarely: a run has three attempts.
    const victim = now.length > 0 && next() < 0.25 ? now[Math.floor(next() * now.length)]! : null;
    const dies = victim !== null && (stealers.some(({ worker }) => worker === victim.worker) || next() < 0.1);
    for (const task of now) if (!(dies && task.worker === victim.worker) && next() < 0.12) end(task);
    if (dies) hand.exit(victim.worker!, 'engine', 137);
    kills += dies ? 1 : 0;
    await clock.advance(1000);
  }
  expect([kills > 0, most > 0]).toEqual([true, true]);
  await ask(`/v1/runs/${id}/cancel`, { body: {} });
  await clock.advance(30_000);
  const ends = (await store.events({ limit: 100_000 })).filter(({ type }) => /^task_(completed|failed|stopped)$/.test(type));
  expect(ends.map(({ data }) => data['task']).toSorted()).toEqual(tasks.toSorted());
  const { runs } = (await ask('/v1/runs?limit=500')).body as { runs: Listed[] };
  const living = runs.filter(({ state, steals_for: of }) => of !== null && !['completed', 'failed', 'cancelled'].includes(state));
  expect(living).toEqual([]);
});

/** Calls that decide on stealers, and on the worker that they belong to. */
const aboutStealers =
  /^store (insert|addEvent|endedStealers|secrets|change (lent|returned|cancel_asked|cancelled|worker_gone|ready|queued))/;

describe.each<[string, Life]>([
  ['that dies', { borrows: false, dies: 'stealer' }],
  ['whose primary dies', { borrows: false, dies: 'primary' }],
  ['that a fleet lends', { borrows: true, dies: null }],
])('a stealer %s', (_name, life) => {
  test('leaves one end of each task and no worker, wherever the service is killed', { timeout }, async () => {
    const { wrong, calls } = await live(life);
    expect(wrong).toEqual([]);
    // Before the primary is ready, there are no stealers.
    const begin = calls.indexOf('store change ready');
    const points = calls.flatMap((call, index) =>
      index >= begin && aboutStealers.test(call) ? (['before', 'after'] as const).map((moment) => ({ at: index + 1, moment, call })) : [],
    );
    expect(points.length).toBeGreaterThan(10);
    for (const { at, moment, call } of points) {
      const lived = await live(life, { at, moment });
      wrong.push(...lived.wrong.map((one) => `killed ${moment} ${call} (${at}): ${one}`));
    }
    expect(wrong).toEqual([]);
  });
});
