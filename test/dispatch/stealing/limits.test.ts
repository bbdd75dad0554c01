import { expect, test } from 'vitest';
import { organisation } from '../http/scene.js';
import { stealing } from './scene.js';

test('stealers count in the limits of the organisation, and the reason is shown', async () => {
  const organisations = new Map([['team', organisation({ most: { workers: 2 } })]]);
  const { addTask, shown, untilTask, ask } = await stealing({ max: 4 }, undefined, { parts: { organisations } });
  const tasks = [await addTask(), await addTask(), await addTask()];
  await untilTask(tasks[1]!.id, 'running');
  expect(await shown()).toMatchObject({
    stealers: [{ state: 'running' }],
    missing: 'the organisation may have 2 workers at the same time, and has 2',
  });
  const spec = { name: 'one', max_duration: 300, engine: { image: 'alpine:3.20', command: ['serve'] } };
  const never = await ask('/v1/runs', { body: { spec, workers: { min: 3, max: 4 } } });
  expect([never.status, never.text]).toEqual([
    409,
    expect.stringContaining('3 workers have 3 places, and the organisation may have 2') as string,
  ]);
});

test('a stealer has the secrets of the spec, and is charged by itself', async () => {
  const engine = { image: 'alpine:3.20', command: ['serve'], env: { TOKEN: 'hidden' } };
  const { addTask, shown, untilTask, node, ask } = await stealing({ max: 2 }, undefined, { spec: { engine } });
  await addTask();
  const { worker } = await untilTask((await addTask()).id, 'running');
  expect(JSON.stringify(node.of(worker!))).toContain('hidden');
  const [stealer] = (await shown()).stealers;
  expect((await ask(`/v1/runs/${stealer!.run}`)).text).not.toContain('hidden');
  const { attempts } = (await ask(`/v1/runs/${stealer!.run}`)).body as { attempts: unknown[] };
  expect(attempts).toHaveLength(1);
});

test('three failed starts of stealers in a row make a pause, with the reason', async () => {
  const { addTask, shown, untilTask, clock, client, story } = await stealing({ max: 2 });
  await untilTask((await addTask()).id, 'running');
  client.faults.fail('create', { times: 1000 });
  await addTask();
  await clock.advance(40_000);
  const { stealers, missing } = await shown();
  expect([stealers, missing]).toEqual([[], expect.stringContaining('3 starts in a row failed, and the next one is at')]);
  expect((await story()).filter((one) => one === 'stealer_failed')).toHaveLength(3);
});
