import { expect, test } from 'vitest';
import { request, servedNode } from '../http/scene.js';
import { taskScene } from './scene.js';

const work = { name: 'work', revision: 'v1', command: ['serve', 'one'], timeout: 20, env: { KEY: 'own', MORE: 'more' } };
const module = Buffer.from('0061736d01000000', 'hex');
const sum = { name: 'sum', revision: 'v1', wasm: module.toString('base64'), args: ['--fast'], timeout: 20, memory: 32, env: { KEY: 'x' } };

test('a task of a function is that of its default revision, and keeps it after a switch', async () => {
  const { ask, run } = await taskScene();
  const { id } = await run();
  await ask('/v1/functions', { body: work });
  await ask('/v1/functions', { body: { ...work, revision: 'v2', command: ['serve', 'two'] } });
  const add = async (more: object) => (await ask('/v1/tasks', { body: { run: id, ...more } })).body as { id: string };
  const first = await add({ function: 'work' });
  expect(first).toMatchObject({ function: 'work@v1', command: ['serve', 'one'], container: 'engine', timeout: 20 });
  await ask('/v1/functions/work/default', { body: { revision: 'v2' } });
  expect(await add({ function: 'work', timeout: 10 })).toMatchObject({ function: 'work@v2', command: ['serve', 'two'], timeout: 10 });
  expect(await add({ function: 'work@v1' })).toMatchObject({ function: 'work@v1', command: ['serve', 'one'] });
  expect((await ask(`/v1/tasks/${first.id}`)).body).toMatchObject({ function: 'work@v1', command: ['serve', 'one'] });
  expect(await add({ command: ['serve'], timeout: 5 })).toMatchObject({ function: null });
});

test('a task gets the variables of its function, and its own win', async () => {
  const { ask, run, untilTask, command, hand } = await taskScene();
  const { id } = await run();
  await ask('/v1/functions', { body: { ...work, command: ['serve'] } });
  const { body } = await ask('/v1/tasks', { body: { run: id, function: 'work', env: { KEY: 'given' } } });
  const running = await untilTask((body as { id: string }).id, 'running');
  expect(hand.commandOf(...command(running)).settings?.env).toMatchObject({ KEY: 'given', MORE: 'more', MAYFLY_TASK_ATTEMPT: '1' });
});

test.each<[string, object, number]>([
  ['a function and a command', { function: 'work', command: ['serve'] }, 400],
  ['neither', { timeout: 5 }, 400],
  ['a command without a timeout', { command: ['serve'] }, 400],
  ['an unknown function', { function: 'other' }, 404],
  ['an unknown revision', { function: 'work@v9' }, 404],
])('%s is refused', async (_title, more, status) => {
  const { ask, run } = await taskScene();
  const { id } = await run();
  await ask('/v1/functions', { body: work });
  expect((await ask('/v1/tasks', { body: { run: id, ...more } })).status).toBe(status);
});

test('a module is refused where the settings of the node do not allow functions', async () => {
  const { ask, run } = await taskScene();
  const { id } = await run();
  await ask('/v1/functions', { body: sum });
  expect(await ask('/v1/tasks', { body: { run: id, function: 'sum' } })).toMatchObject({
    status: 409,
    body: { error: { code: 'not_possible', message: 'is a module of WebAssembly, and the node memory does not run modules' } },
  });
});

test('a module is a command of the worker, with the limits of its revision and the names of its variables', async () => {
  const { ask, run, untilTask, command, hand, client } = await taskScene({
    nodes: [servedNode({ functions: true })],
    moduleProgram: ['serve', '/wasm-task.mjs'],
  });
  const { id } = await run({ memory: 1024 });
  await ask('/v1/functions', { body: sum });
  const { body } = await ask('/v1/tasks', { body: { run: id, function: 'sum', input: 'in' } });
  // 32 MB of linear memory, and 256 MB for what runs the module.
  expect(body).toMatchObject({ function: 'sum@v1', command: ['sum.wasm', '--fast'], memory: 288 });
  // The memory node does not have the program.
  const failed = await untilTask((body as { id: string }).id, 'failed');
  const options = hand.commandOf(...command(failed));
  expect([options.command.slice(0, 2), options.input]).toEqual([['serve', '/wasm-task.mjs'], 'in']);
  const digest = '93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476';
  expect(JSON.parse(options.command[2]!)).toEqual({
    module: `${client.layout.root}/serve/modules/${digest}.wasm`,
    digest,
    args: ['sum.wasm', '--fast'],
    env: ['KEY', 'MAYFLY_TASK_ID', 'MAYFLY_TASK_ATTEMPT'],
    directory: null,
    limits: { timeout: 20_000, memory: 32 },
  });
});

test('a module whose run is placed on a node that does not allow functions is refused there', async () => {
  const { ask, untilTask, tokenOf } = await taskScene({ nodes: [servedNode(), servedNode({ name: 'other', functions: true })] });
  const token = await tokenOf('default', 'admin');
  // So that the run waits.
  await ask('/v1/nodes/memory/cordon', { token, body: {} });
  await ask('/v1/functions', { body: sum });
  const body = { spec: { ...request, memory: 1024 } };
  const { id } = (await ask('/v1/runs', { body })).body as { id: string };
  const added = await ask('/v1/tasks', { body: { run: id, function: 'sum' } });
  expect(added.status).toBe(201);
  await ask('/v1/nodes/memory/uncordon', { token, body: {} });
  const { id: task } = added.body as { id: string };
  expect(await untilTask(task, 'failed')).toMatchObject({
    reason: 'refused',
    failure: { cause: 'is a module of WebAssembly, and the node memory does not run modules' },
  });
});
