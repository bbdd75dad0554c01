import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { packTree } from '../../../src/backends/shared/pack.js';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { FileFaults } from '../../memory/file-faults.js';
import { filesOf, removeFiles } from '../../memory/files.js';
import { smallSpec } from '../../memory/scene.js';
import { tempDir } from '../../support/temp-dir.js';
import { serving, submissionOf } from '../scene.js';
import { type TaskAnswer, taskScene } from './scene.js';

afterEach(removeFiles);

const never = new AbortController().signal;

/** A run for tasks, and a run with the file `/file`, whose reading has faults. */
async function scene() {
  const tasks = await taskScene();
  const [own, other] = [await tasks.run(), await tasks.run({ name: 'other' })];
  const filesIn = (worker: string) => filesOf(tasks.node.container(worker, 'engine').id);
  const directory = await tempDir('task-files');
  const put = async (worker: string, name: string, content: string) => {
    await writeFile(join(directory, name), content);
    await filesIn(worker).write('/', await packTree(join(directory, name), name), never);
  };
  await put(other.worker, 'file', 'foo\n');
  const [faults, ownFaults] = [new FileFaults(), new FileFaults()];
  tasks.node.fileFaults.set(`${other.worker}/engine`, faults);
  tasks.node.fileFaults.set(`${own.worker}/engine`, ownFaults);
  const into = { files_in: [{ from: { run: other.id, path: '/file' }, to: '/here' }] };
  const outOf = { files_out: [{ from: '/made', to: { run: other.id, path: '/report' } }] };
  return {
    ...{ ...tasks, own, other, put, faults, ownFaults, into, outOf },
    /** The text of a container's whole tar. */
    content: async (worker: string) => text(await filesIn(worker).read('/', never)),
    isStarted(task: TaskAnswer) {
      const [worker, container, id] = tasks.command(task);
      return tasks.node.container(worker, container).commands.has(id);
    },
    end: (task: TaskAnswer, code: number) => tasks.hand.endCommand(...tasks.command(task), { state: 'exited', code }),
  };
}

test('a command begins when its files are there, and a task is completed when those that it gives have arrived', async () => {
  const { own, other, add, task, untilTask, isStarted, end, put, content, clock, faults, ownFaults, into, outOf } = await scene();
  faults.add('breaks', { at: 512 });
  ownFaults.add('breaks', { at: 512 });
  const added = await add(own.id, { ...into, ...outOf });
  expect(added).toMatchObject({ files_in: [{ from: { run: other.id, container: 'engine', path: '/file' }, to: '/here' }] });
  const scheduled = await untilTask(added.id, 'scheduled');
  expect([isStarted(scheduled), await content(own.worker)]).toEqual([false, expect.not.stringContaining('foo\n')]);
  await clock.advance(1000);
  const running = await untilTask(added.id, 'running');
  expect(await content(own.worker)).toContain('foo\n');
  await put(own.worker, 'made', 'bar\n');
  end(running, 0);
  await clock.advance(500);
  expect([(await task(added.id)).state, await content(other.worker)]).toEqual(['running', expect.not.stringContaining('bar\n')]);
  await clock.advance(1000);
  expect(await untilTask(added.id, 'completed')).toMatchObject({ exit_code: 0, attempt: 1 });
  expect(await content(other.worker)).toContain('bar\n');
});

test('files that cannot be copied return the delivery with the first cause, the next one repeats it, and the worker keeps its standing', async () => {
  const { own, other, add, untilTask, ask, put, into, events } = await scene();
  const missing = { files_in: [{ ...into.files_in[0], from: { run: other.id, path: '/late' } }] };
  const { id } = await add(own.id, { ...missing, attempts: 5 });
  const returned = await untilTask(id, 'pending');
  const cause = 'was not copied: other:engine:/late: does not exist';
  expect(returned).toMatchObject({ reason: 'retry', attempt: 1, failure: { place: 'files_in[0]', cause } });
  const dead = await add(own.id, { ...missing, attempts: 4, priority: 600 });
  expect(await untilTask(dead.id, 'failed')).toMatchObject({ reason: 'undeliverable', dead: true, failure: { cause } });
  await put(other.worker, 'late', 'late\n');
  await untilTask(id, 'running');
  expect(await events(own.id)).not.toContain('worker_set_aside');
  const redriven = await ask(`/v1/tasks/${dead.id}/redrive`, { method: 'POST' });
  expect(redriven.body).toMatchObject({ state: 'pending', files_in: [{ to: '/here' }] });
});

test('a command that fails gives no files; files that are missing after an exit with 0 let it run again', async () => {
  const { own, other, add, untilTask, command, end, content, put, outOf, clock, hand } = await scene();
  await put(own.worker, 'made', 'bar\n');
  const failing = await add(own.id, outOf);
  end(await untilTask(failing.id, 'running'), 3);
  expect(await untilTask(failing.id, 'failed')).toMatchObject({ reason: 'exited', exit_code: 3 });
  expect(await content(other.worker)).not.toContain('bar\n');
  const { id } = await add(own.id, { files_out: [{ ...outOf.files_out[0], from: '/none' }], attempts: 2 });
  end(await untilTask(id, 'running'), 0);
  await clock.advance(2000);
  const again = await untilTask(id, 'running');
  expect(again).toMatchObject({ attempt: 2 });
  expect(hand.commandWasRemoved(...command(again, 1))).toBe(true);
  end(again, 0);
  expect(await untilTask(id, 'failed')).toMatchObject({
    ...{ reason: 'undeliverable', exit_code: null },
    failure: { place: 'files_out[0]', cause: 'was not copied: one:engine:/none: does not exist' },
  });
});

test('a worker that dies while files come loses the delivery, and the next worker gets them again', async () => {
  const { own, add, untilTask, hand, faults, into, content } = await scene();
  faults.add('standsStill', { at: 512 });
  const { id } = await add(own.id, into);
  await untilTask(id, 'scheduled');
  hand.exit(own.worker, 'engine', 137);
  const again = await untilTask(id, 'running');
  expect(again).toMatchObject({ attempt: 2, worker: `${own.worker}-2` });
  expect(await content(again.worker!)).toContain('foo\n');
});

test('when the other worker dies, that is the cause', async () => {
  const { own, other, add, untilTask, ask, until, faults, into } = await scene();
  faults.add('breaks', { at: 512 });
  const { id } = await add(own.id, into);
  await untilTask(id, 'scheduled');
  await ask(`/v1/runs/${other.id}/cancel`, { body: {} });
  await until(other.id, 'cancelled');
  expect(await untilTask(id, 'pending')).toMatchObject({
    failure: { cause: `was not copied: ${other.id}: the run is ending, and its worker with it` },
  });
});

test('a service that is killed while files come begins their transfer again', async () => {
  const { clock, node, hand, serve } = await serving();
  const first = await serve();
  const own = await first.submit();
  const other = await first.submit(submissionOf(smallSpec({ name: 'other' })));
  const run = await first.until(own.id, 'running');
  const { worker: from } = await first.until(other.id, 'running');
  const directory = await tempDir('task-files');
  await writeFile(join(directory, 'file'), 'foo\n');
  await filesOf(node.container(from!, 'engine').id).write('/', await packTree(join(directory, 'file'), 'file'), never);
  const faults = new FileFaults();
  node.fileFaults.set(`${from}/engine`, faults);
  faults.add('standsStill', { at: 512 });
  const files = { in: [{ from: { run: other.id, container: 'engine', path: '/file' }, to: '/here' }], out: [] };
  const wishes = { pool: { run }, command: ['serve'], files, timeout: 60_000, attempts: 1, priority: 500 };
  const { task } = await first.dispatcher.tasks.intake.submit({ ...wishes, sealed: () => null, bodyHash: 'b' });
  await clock.advance(1000);
  const engine = node.container(run.worker!, 'engine');
  expect([(await first.store.tasks.task(task.id))!.state, engine.commands.size]).toEqual(['scheduled', 0]);
  await first.kill();
  const second = await serve();
  await clock.advance(2000);
  expect((await second.store.tasks.task(task.id))!.state).toBe('running');
  expect(await text(await filesOf(engine.id).read('/', never))).toContain('foo\n');
  hand.endCommand(run.worker!, 'engine', commandIdOf({ id: task.id, attempt: 1 }), { state: 'exited', code: 0 });
  await clock.advance(1000);
  expect((await second.store.tasks.task(task.id))!.state).toBe('completed');
});

test('a stop ends a task while its files are copied, in both directions', async () => {
  const { own, other, add, ask, untilTask, end, put, content, faults, ownFaults, into, outOf, isStarted, clock } = await scene();
  faults.add('standsStill', { at: 512 });
  const first = await add(own.id, into);
  const scheduled = await untilTask(first.id, 'scheduled');
  await ask(`/v1/tasks/${first.id}`, { method: 'DELETE' });
  expect(await untilTask(first.id, 'stopped')).toMatchObject({ reason: 'stop_asked' });
  expect(isStarted(scheduled)).toBe(false);
  await put(own.worker, 'made', 'bar\n');
  ownFaults.add('standsStill', { at: 512 });
  const second = await add(own.id, outOf);
  end(await untilTask(second.id, 'running'), 0);
  await clock.advance(500);
  await ask(`/v1/tasks/${second.id}`, { method: 'DELETE' });
  expect(await untilTask(second.id, 'stopped')).toMatchObject({ reason: 'stop_asked', exit_code: null });
  expect(await content(other.worker)).not.toContain('bar\n');
});

test('files that could never be copied are refused at once, with all reasons', async () => {
  const { own, other, ask, tokenOf, until, into } = await scene();
  const stranger = '00000000-0000-4000-8000-000000000001';
  const asked = (files_in: object[]) => ask('/v1/tasks', { body: { run: own.id, command: ['serve'], timeout: 60, files_in } });
  const from = (path: object) => ({ from: { path: '/file', ...path }, to: '/here' });
  const all = await asked([from({ run: stranger }), from({ run: other.id, container: 'none' }), from({ run: own.id })]);
  expect(all).toMatchObject({
    status: 409,
    body: {
      error: {
        code: 'not_possible',
        problems: [
          { place: 'files_in[0].from.run', cause: 'there is no run with this id' },
          { place: 'files_in[1].from.container', cause: 'none is none of engine' },
          { place: 'files_in[2].from.container', cause: "is the task's own container" },
        ],
      },
    },
  });
  const foreign = { spec: { name: 'one', max_duration: 300, engine: { image: 'alpine', command: ['serve'] } } };
  const { id } = (await ask('/v1/runs', { body: foreign, token: await tokenOf('rival', 'submit') })).body as { id: string };
  expect((await asked([from({ run: id })])).body).toMatchObject({ error: { problems: [{ cause: 'there is no run with this id' }] } });
  await ask(`/v1/runs/${other.id}/cancel`, { body: {} });
  await until(other.id, 'cancelled');
  expect((await asked(into.files_in)).text).toContain('the run is cancelled: its worker has ended');
});
