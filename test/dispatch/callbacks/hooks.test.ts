import { expect, test } from 'vitest';
import type { Callback } from '../../../src/dispatch/callbacks/callback.js';
import { smallSpec } from '../../memory/scene.js';
import { untilIdle } from '../../support/idle.js';
import { commandOf, endCommand } from '../results/scene.js';
import { serving } from '../scene.js';

test('hooks are called after the commit, and one that throws, rejects or never ends delays nobody', async () => {
  const scene = await serving();
  const called: Callback[] = [];
  let stored: Promise<unknown> = Promise.resolve();
  const service = await scene.serve(
    {},
    undefined,
    {},
    {
      hooks: [
        () => {
          throw new Error('broken');
        },
        () => new Promise(() => {}),
        () => Promise.reject(new Error('broken later')),
        (callback) => {
          stored = service.store.events({ run: callback.run.id, newest: true, limit: 1 });
          called.push(callback);
        },
      ],
    },
  );
  const run = await service.submit({ spec: smallSpec({ max_duration: 5 }), key: 'build-7' });
  const running = await service.until(run.id, 'running');
  await untilIdle();
  expect(await stored).toMatchObject([{ type: 'ready' }]);
  await service.until(run.id, 'completed');
  await untilIdle();
  expect(
    called.map(({ type, run: { id, attempt, node, organisation, requestId } }) => [type, id, attempt, node, organisation, requestId]),
  ).toEqual(['run.access', 'run.completed'].map((type) => [type, run.id, 1, 'memory', 'team', 'build-7']));
  expect(called[0]!.at).toBe(running.readyAt);
  expect(service.log.filter((line) => line === 'a hook failed')).toHaveLength(4);
});

test('published results are reported', async () => {
  const scene = await serving();
  const called: string[] = [];
  const service = await scene.serve(
    {},
    undefined,
    {},
    { hooks: [({ type, run }) => void called.push(`${type} ${run.id} ${run.attempt}`)] },
  );
  const { id } = await service.submit({ command: commandOf() });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  endCommand(scene, run, { state: 'exited', code: 0 });
  await service.until(id, 'completed');
  expect(called).toEqual(['run.access', 'run.published', 'run.completed'].map((type) => `${type} ${id} 1`));
});
