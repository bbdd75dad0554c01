import { expect, test } from 'vitest';
import { request, servedNode } from '../http/scene.js';
import { FunctionTasks } from '../../../src/dispatch/functions/tasks.js';
import { submittedTask } from '../../../src/tasks/task.js';
import { taskScene } from './scene.js';
import { plain } from '../../tasks/plain.js';

const work = { name: 'work', revision: 'v1', command: ['serve', 'one'], timeout: 20, env: { KEY: 'own', MORE: 'more' } };
/** A node with functions that is not there. */
const absent = servedNode({ name: 'other', functions: true });
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
  const files_out = [{ from: '/made', to: { run: id, path: '/' } }];
  expect(await ask('/v1/tasks', { body: { run: id, function: 'sum', files_out } })).toMatchObject({
    status: 409,
    body: { error: { message: 'is a module of WebAssembly, which has no files of its worker' } },
  });
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

test('a delivery of a module on a node that does not allow functions is refused', async () => {
  const work = { kind: 'wasm' as const, module: 'digest', args: [] };
  const revision = {
    ...{ organisation: 'team', name: 'sum', revision: 'v1', digest: '', work, container: null },
    timeout: 1,
    memory: null,
  };
  const tasks = new FunctionTasks({
    registry: { find: () => Promise.resolve({ revision: { ...revision, env: [], createdAt: 0 }, env: {} }) },
    ...{ modules: { pathOf: (digest) => `/modules/${digest}` }, nodes: ['other'], nodesFor: () => Promise.resolve(['other']) },
    program: ['node'],
  });
  const task = submittedTask({
    ...plain,
    ...{ id: '1', organisation: 'team', run: 'r', priority: 0, command: ['sum.wasm'], container: 'engine', timeout: 1, attempts: 1 },
    ...{ cpu: 1, memory: 1, function: 'sum@v1', now: 0 },
  });
  const given = { env: {}, input: null };
  expect((await tasks.inputOn('other', task, given)).command?.[0]).toBe('node');
  await expect(tasks.inputOn('memory', task, given)).rejects.toThrow(
    'is a module of WebAssembly, and the node memory does not run modules',
  );
});

test.each<[string, Parameters<typeof taskScene>[0], object, string]>([
  ['a run that waits', {}, { state: 'queued' }, 'no node runs modules'],
  ['a fleet', {}, {}, 'no node runs modules'],
  ['a fleet that cannot use them', { nodes: [servedNode(), absent] }, {}, 'no node that the fleet crew can use runs modules'],
  ['a run that no such node accepts', { nodes: [servedNode(), absent] }, { state: 'queued' }, 'no node that accepts the run runs modules'],
])('a module for %s is refused at once where no node for it runs modules', async (_title, more, { state }: { state?: string }, why) => {
  const { ask, tokenOf } = await taskScene(more);
  await ask('/v1/functions', { body: sum });
  const spec = { ...request, memory: 1024 };
  let pool: object = { fleet: 'crew' };
  if (state === 'queued') {
    await ask('/v1/nodes/memory/cordon', { token: await tokenOf('default', 'admin'), body: {} });
    pool = { run: ((await ask('/v1/runs', { body: { spec } })).body as { id: string }).id };
  } else await ask('/v1/fleets', { body: { name: 'crew', spec, min: 0, max: 1, idle: 30 } });
  expect(await ask('/v1/tasks', { body: { ...pool, function: 'sum' } })).toMatchObject({
    status: 409,
    body: { error: { code: 'not_possible', message: `is a module of WebAssembly, and ${why}` } },
  });
});

test('a module for a fleet whose node allows functions begins on its worker', async () => {
  const { ask, untilTask } = await taskScene({ nodes: [servedNode({ functions: true })], moduleProgram: ['serve', '/wasm-task.mjs'] });
  await ask('/v1/functions', { body: sum });
  await ask('/v1/fleets', { body: { name: 'crew', spec: { ...request, memory: 1024 }, min: 0, max: 1, idle: 30 } });
  const { body } = await ask('/v1/tasks', { body: { fleet: 'crew', function: 'sum' } });
  const failed = await untilTask((body as { id: string }).id, 'failed');
  // The memory node does not have the program: it has begun.
  expect(failed.worker).not.toBeNull();
});
