import { expect, test } from 'vitest';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import type { Hand } from '../../memory/hand.js';
import { request } from '../http/scene.js';
import { untilIdle } from '../../support/idle.js';
import { type TaskAnswer, taskScene } from './scene.js';

test('a task whose worker is killed is delivered again to the next attempt, and gets one final state with its output', async () => {
  const scene = await taskScene();
  const run = await scene.run();
  const { id } = await scene.add(run.id);
  const first = await scene.untilTask(id, 'running');
  expect(first).toMatchObject({ attempt: 1, worker: run.worker });
  scene.hand.exit(run.worker, 'engine', 137);
  const second = await scene.untilTask(id, 'pending');
  expect(second).toMatchObject({ reason: 'retry', attempt: 1, failure: { cause: expect.any(String) } });
  const again = await scene.untilTask(id, 'running');
  expect(again).toMatchObject({ attempt: 2, worker: `${run.worker}-2` });
  scene.hand.writeOutput(...scene.command(again), 'built\n');
  scene.hand.endCommand(...scene.command(again), { state: 'exited', code: 0 });
  const done = await scene.untilTask(id, 'completed');
  expect(done).toMatchObject({ reason: 'exited', exit_code: 0, attempt: 2, output: { head: 'built\n', bytes: 6, cut: false } });
  expect(await scene.events(run.id)).toEqual([
    ...['queued', 'placed', 'provisioning', 'ready', 'task_pending', 'task_scheduled', 'task_running'],
    ...['task_returned', 'worker_gone', 'queued', 'placed', 'provisioning', 'ready', 'task_scheduled', 'task_running', 'task_completed'],
  ]);
});

test('a repeated request with its key returns the first task, and one with another body is refused', async () => {
  const { run, add, ask } = await taskScene();
  const { id } = await run();
  const first = await add(id, {}, 'job');
  expect((await add(id, {}, 'job')).id).toBe(first.id);
  const other = await ask('/v1/tasks', { body: { run: id, command: ['serve'], timeout: 61 }, headers: { 'idempotency-key': 'job' } });
  expect([other.status, (other.body as { error: { code: string } }).error.code]).toEqual([422, 'key_reused']);
});

const box = { name: 'box', image: 'alpine:3.20', cpu: 500, memory: 64 };

/** Tasks that no worker of the run could ever do. */
test.each<[string, Record<string, unknown>, string]>([
  ['a timeout that no worker lives for', { timeout: 291 }, 'the worker takes tasks for 4 min 50 s, and the task may take 4 min 51 s'],
  ['a container that the spec does not have', { container: 'db' }, 'db is none of engine, box'],
  ['more cpu than the container has', { container: 'box', cpu: 501 }, 'the task asks for 501, and the container has 500'],
  ['more memory than the container has', { container: 'box', memory: 65 }, 'the task asks for 65, and the container has 64'],
])('%s is refused at once', async (_, more, cause) => {
  const { run, ask } = await taskScene();
  const { id } = await run({ containers: [box] });
  const { status, body } = await ask('/v1/tasks', { body: { run: id, command: ['serve'], timeout: 60, ...more } });
  expect([status, (body as { error: object }).error]).toEqual([409, expect.objectContaining({ code: 'not_possible', message: cause })]);
  expect((await ask('/v1/tasks', { body: { run: id, command: ['serve'], timeout: 290 } })).status).toBe(201);
});

test('a task of a run that has ended, or of another organisation, is refused', async () => {
  const { run, ask, until, tokenOf } = await taskScene();
  const { id } = await run();
  const body = { run: id, command: ['serve'], timeout: 60 };
  expect((await ask('/v1/tasks', { body, token: await tokenOf('other', 'admin') })).status).toBe(404);
  expect((await ask('/v1/tasks', { body, token: await tokenOf('team', 'read') })).status).toBe(403);
  await ask(`/v1/runs/${id}/cancel`, { body: {} });
  await until(id, 'cancelled');
  const refused = await ask('/v1/tasks', { body });
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('the run is cancelled: no worker of it follows')]);
});

test('a task waits for the worker of a run that is queued', async () => {
  const { add, ask, untilTask } = await taskScene();
  const { id: run } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const { id } = await add(run);
  expect(await untilTask(id, 'running')).toMatchObject({ attempt: 1 });
});

test.each<[string, Parameters<Hand['endCommand']>[3], Partial<TaskAnswer>]>([
  ['exits with 3', { state: 'exited', code: 3 }, { state: 'failed', reason: 'exited', exit_code: 3 }],
  ['takes too long', { state: 'timed_out' }, { state: 'failed', reason: 'timed_out', exit_code: null }],
])('a task whose command %s has failed, and is not delivered again', async (_, end, final) => {
  const { run, add, untilTask, command, hand } = await taskScene();
  const { id } = await add((await run()).id);
  hand.endCommand(...command(await untilTask(id, 'running')), end);
  expect(await untilTask(id, 'failed')).toMatchObject({ ...final, attempt: 1, dead: false });
});

test('a command without an exit code is delivered again after a pause, then dead, and a redrive makes a new task of it once', async () => {
  const { run, add, untilTask, command, hand, clock, ask, task } = await taskScene();
  const { id: of } = await run();
  const { id } = await add(of, { attempts: 2, env: { KEY: 'sesame' } });
  hand.endCommand(...command(await untilTask(id, 'running')), { state: 'lost' });
  await clock.advance(10);
  expect(await task(id)).toMatchObject({
    state: 'pending',
    reason: 'retry',
    failure: { cause: 'its command is gone, and has written no exit code' },
  });
  await clock.advance(980);
  expect((await task(id)).state).toBe('pending');
  hand.endCommand(...command(await untilTask(id, 'running')), { state: 'lost' });
  expect(await untilTask(id, 'failed')).toMatchObject({ reason: 'undeliverable', attempt: 2, dead: true, redriven: null });
  const dead = async () => ((await ask('/v1/tasks?dead=true')).body as { tasks: TaskAnswer[] }).tasks.map((one) => one.id);
  expect(await dead()).toEqual([id]);
  const first = await ask(`/v1/tasks/${id}/redrive`, { method: 'POST' });
  const again = await ask(`/v1/tasks/${id}/redrive`, { method: 'POST' });
  const fresh = first.body as TaskAnswer;
  expect([first.status, again.status, (again.body as TaskAnswer).id]).toEqual([201, 200, fresh.id]);
  expect(await task(id)).toMatchObject({ state: 'failed', redriven: fresh.id });
  expect(await dead()).toEqual([]);
  await untilTask(fresh.id, 'running');
  expect((await ask(`/v1/tasks/${fresh.id}/redrive`, { method: 'POST' })).status).toBe(409);
});

test('a pending task is stopped at once, a running one with its command, and one that has ended not at all', async () => {
  const { run, add, untilTask, command, hand, ask, events } = await taskScene();
  const { id: of } = await run();
  const [running, pending] = [await add(of), await add(of)];
  await untilTask(running.id, 'running');
  const stopped = await ask(`/v1/tasks/${pending.id}`, { method: 'DELETE' });
  expect([stopped.status, stopped.body]).toEqual([202, expect.objectContaining({ state: 'stopped', reason: 'stop_asked', attempt: 0 })]);
  expect((await ask(`/v1/tasks/${running.id}`, { method: 'DELETE' })).body).toMatchObject({ state: 'running', stopping: true });
  expect(await untilTask(running.id, 'stopped')).toMatchObject({ reason: 'stop_asked', exit_code: null, stopping: false });
  expect((await ask(`/v1/tasks/${running.id}`, { method: 'DELETE' })).status).toBe(202);
  const done = await add(of);
  hand.endCommand(...command(await untilTask(done.id, 'running')), { state: 'exited', code: 0 });
  await untilTask(done.id, 'completed');
  const late = await ask(`/v1/tasks/${done.id}`, { method: 'DELETE' });
  expect([late.status, late.text]).toEqual([409, expect.stringContaining('the task is completed, and stopped cannot follow completed')]);
  expect(await events(of)).toContain('task_stop_asked');
});

test('tasks run beside each other as far as the cpu and memory of their container go', async () => {
  const { run, add, ask, untilTask, hand, command, clock } = await taskScene();
  const { id } = await run({ containers: [box] });
  const all = [];
  for (const container of ['box', 'box', 'box', 'engine']) {
    all.push(await add(id, { container, ...(container === 'box' && { cpu: 250, memory: 10 }) }));
    await clock.advance(1);
  }
  await untilTask(all[3]!.id, 'running');
  const { tasks } = (await ask(`/v1/tasks?run=${id}`)).body as { tasks: TaskAnswer[] };
  expect(tasks.map(({ state }) => state).reverse()).toEqual(['running', 'running', 'pending', 'running']);
  const [worker, , token] = command(await untilTask(all[0]!.id, 'running'));
  hand.endCommand(worker, 'box', token, { state: 'exited', code: 0 });
  await untilTask(all[2]!.id, 'running');
});

test('a worker takes no task that could outlive its lease, and the task ends with its run', async () => {
  const { run, add, until, clock, task } = await taskScene();
  const { id } = await run();
  await clock.advance(200_000);
  const [late, short] = [await add(id, { timeout: 120, cpu: 1, memory: 1 }), await add(id, { timeout: 20, cpu: 1, memory: 1 })];
  await clock.advance(5_000);
  expect([(await task(late.id)).state, (await task(short.id)).state]).toEqual(['pending', 'running']);
  await until(id, 'completed');
  await clock.advance(1_000);
  expect([await task(late.id), await task(short.id)]).toMatchObject([
    { state: 'stopped', reason: 'run_ended', attempt: 0 },
    { state: 'failed', reason: 'timed_out', attempt: 1 },
  ]);
});

test('tasks of a run whose attempts are used up fail with it', async () => {
  const scene = await taskScene();
  const { id } = (await scene.ask('/v1/runs', { body: { spec: request, attempts: 1 } })).body as { id: string };
  const { worker } = await scene.until(id, 'running');
  const task = await scene.add(id);
  await scene.untilTask(task.id, 'running');
  scene.hand.exit(worker as string, 'engine', 1);
  expect(await scene.untilTask(task.id, 'failed')).toMatchObject({ reason: 'run_failed', attempt: 1, dead: false });
  expect(await scene.until(id, 'failed')).toMatchObject({ reason: 'engine_exited', exit_code: 1 });
});

test('a worker on which tasks fail at once is set aside with the reason, and an exit code is no such failure', async () => {
  const { run, add, untilTask, command, hand, clock, ask, task, events, log } = await taskScene();
  const { id, worker } = await run();
  for (let code = 1; code <= 4; code += 1) {
    const { id: own } = await add(id);
    hand.endCommand(...command(await untilTask(own, 'running')), { state: 'exited', code });
    await untilTask(own, 'failed');
  }
  const lost = await add(id, { attempts: 9 });
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    hand.endCommand(...command(await untilTask(lost.id, 'running')), { state: 'lost' });
    await clock.advance(10);
    expect((await task(lost.id)).state).toBe('pending');
  }
  await clock.advance(100_000);
  const queue = (await ask(`/v1/runs/${id}/tasks`)).body as { workers: object[]; tasks: object; oldest_wait: number };
  const reason = '3 deliveries in a row failed within 10 s, the last one because its command is gone, and has written no exit code';
  expect(queue.workers).toEqual([{ worker, tasks: expect.objectContaining({ pending: 1, failed: 4 }), set_aside: reason }]);
  expect(queue.tasks).toEqual({ pending: 1, scheduled: 0, running: 0, completed: 0, failed: 4, stopped: 0 });
  expect(queue.oldest_wait).toBeGreaterThan(100);
  expect(await events(id)).toContain('worker_set_aside');
  expect(log.join('\n')).toContain('a worker takes no more tasks');
});

test('variables and input reach the command with the attempt, and no answer, event or log has them', async () => {
  const { run, add, untilTask, command, node, ask, log, store } = await taskScene();
  const { id: of, worker } = await run();
  const { id } = await add(of, { env: { KEY: 'open-sesame' }, input: 'hidden-input' });
  const [, , token] = command(await untilTask(id, 'running'));
  const { options } = node.container(worker, 'engine').commands.get(token)!;
  expect(options.settings?.env).toEqual({ KEY: 'open-sesame', MAYFLY_TASK_ID: id, MAYFLY_TASK_ATTEMPT: '1' });
  expect([options.input, options.timeout]).toEqual(['hidden-input', 60_000]);
  const shown = [await ask(`/v1/tasks/${id}`), await ask('/v1/tasks'), await ask(`/v1/runs/${of}/events`)].map(({ text }) => text);
  expect([...shown, ...log].join('\n')).not.toMatch(/open-sesame|hidden-input/);
  expect(Buffer.from((await store.tasks.sealed(id))!).toString('latin1')).not.toMatch(/open-sesame|hidden-input/);
});

test('the output is streamed while the command runs, and read back later, also from a byte on', async () => {
  const { run, add, untilTask, command, hand, ask, app, token } = await taskScene();
  const { id } = await add((await run()).id);
  const path = `/v1/tasks/${id}/output`;
  const running = command(await untilTask(id, 'running'));
  hand.writeOutput(...running, 'one\n');
  await untilIdle();
  expect((await ask(`${path}?follow=false`)).text).toBe('one\n');
  const headers = { host: '127.0.0.1:7311', authorization: `Bearer ${token}` };
  const answer = await app.request(`http://127.0.0.1:7311${path}`, { headers });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader.read()).toEqual({ done: false, value: 'one\n' });
  hand.writeOutput(...running, 'two\n');
  expect(await reader.read()).toEqual({ done: false, value: 'two\n' });
  hand.endCommand(...running, { state: 'exited', code: 0 });
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(await untilTask(id, 'completed')).toMatchObject({ output: { head: 'one\ntwo\n', bytes: 8, cut: false } });
  expect((await ask(`${path}?from=4`)).text).toBe('two\n');
  expect((await ask(`${path}?from=9`)).text).toBe('');
});

test('of a large output, 16 MB are kept, and its document has the first 4 KB without half a character', async () => {
  const { run, add, untilTask, command, hand, ask } = await taskScene();
  const { id } = await add((await run()).id);
  const running = command(await untilTask(id, 'running'));
  hand.writeOutput(...running, 'é'.repeat(9 * 1_048_576).replace('é', 'e'));
  hand.endCommand(...running, { state: 'exited', code: 0 });
  const { output } = await untilTask(id, 'completed');
  expect(output).toEqual({ head: `e${'é'.repeat(2047)}`, bytes: 16_777_216, cut: true, removed: false });
  expect((await ask(`/v1/tasks/${id}/output?from=16777210`)).text).toHaveLength(4);
});

test('another organisation sees neither a task nor its output', async () => {
  const { run, add, ask, tokenOf } = await taskScene();
  const { id } = await add((await run()).id);
  const token = await tokenOf('other', 'admin');
  for (const path of [`/v1/tasks/${id}`, `/v1/tasks/${id}/output`]) expect((await ask(path, { token })).status).toBe(404);
  expect((await ask(`/v1/tasks/${id}`, { token, method: 'DELETE' })).status).toBe(404);
  expect((await ask(`/v1/tasks/${id}/redrive`, { token, method: 'POST' })).status).toBe(404);
  expect((await ask('/v1/tasks', { token })).body).toEqual({ tasks: [], next: null });
});

test('a full queue refuses new tasks, and still answers a repeated request', async () => {
  const scene = await taskScene({ settings: { ...defaultDispatchSettings, mostWaiting: 1 } });
  const { id } = await scene.run();
  const body = { run: id, command: ['serve'], timeout: 60 };
  const sent = (key: string) => scene.ask('/v1/tasks', { body, headers: { 'idempotency-key': key } });
  const [first, again, other] = [await sent('one'), await sent('one'), await sent('two')];
  expect([first.status, again.status, other.status]).toEqual([201, 200, 429]);
});

test('the files of a finished task are removed from its worker', async () => {
  const { run, add, untilTask, command, hand, clock } = await taskScene();
  const task = await untilTask((await add((await run()).id)).id, 'running');
  expect(hand.commandWasRemoved(...command(task))).toBe(false);
  hand.endCommand(...command(task), { state: 'exited', code: 0 });
  await untilTask(task.id, 'completed');
  await clock.advance(1000);
  expect(hand.commandWasRemoved(...command(task))).toBe(true);
});
