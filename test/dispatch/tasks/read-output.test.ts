import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TaskOutputs } from '../../../src/dispatch/tasks/outputs.js';
import { readOutput } from '../../../src/dispatch/tasks/read-output.js';
import { submittedTask } from '../../../src/tasks/task.js';
import { untilIdle } from '../../support/idle.js';
import { tempDir } from '../../support/temp-dir.js';
import { plain } from '../../tasks/plain.js';

const asked = { run: 'run', priority: 500, command: ['serve'], container: 'engine', timeout: 1000, attempts: 1, cpu: 10, memory: 10 };
const task = submittedTask({ ...plain, ...asked, id: '00000000-0000-4000-8000-000000000001', organisation: 'team', now: 0 });
const never = new AbortController().signal;

/** Outputs of one task. It has ended when `ended` was called. */
async function scene() {
  const root = await tempDir('outputs');
  const outputs = new TaskOutputs(join(root, 'tasks'), root, 1000);
  const unfinished = new Map([[task.id, task]]);
  const read = (from: number, follow: boolean) => text(readOutput(task, { tasks: unfinished, outputs }, { from, follow, signal: never }));
  const write = async (content: string) => {
    const live = await outputs.begin(task.id);
    live.sink.write(content);
    expect(await live.written()).toBeGreaterThan(0);
  };
  const ended = () => {
    unfinished.clear();
    outputs.ended(task.id);
  };
  return { outputs, read, write, ended };
}

test('readers that wait before the delivery, that come late, and that read from a byte on get the same output', async () => {
  const { outputs, read, write, ended } = await scene();
  const early = read(0, true);
  await untilIdle();
  await write('one ');
  const late = read(2, true);
  expect(await read(0, false)).toBe('one ');
  await untilIdle();
  await write('two');
  expect(await outputs.keep(task, false)).toEqual({ head: 'one two', bytes: 7, cut: false });
  expect([await early, await late]).toEqual(['one two', 'e two']);
  ended();
  expect([await read(4, true), await read(8, true)]).toEqual(['two', '']);
});

test('a reader of a task that is stopped before it begins gets nothing', async () => {
  const { read, ended } = await scene();
  const waiting = read(0, true);
  await untilIdle();
  ended();
  expect([await waiting, await read(0, false)]).toEqual(['', '']);
});

test('a delivery without a result ends its readers, and the next one begins empty', async () => {
  const { outputs, read, write } = await scene();
  await write('first');
  const reader = read(0, true);
  await untilIdle();
  await outputs.drop(task.id);
  expect([await reader, await read(0, false)]).toEqual(['first', '']);
  await write('2');
  expect(await read(0, false)).toBe('2');
});

test('a write that fails is an error of the next look at the output', async () => {
  const { outputs, write } = await scene();
  const live = await outputs.begin(task.id);
  const failure = new Error('the disk is full');
  live.sink.destroy(failure);
  await expect(live.written()).rejects.toThrow();
  await expect(outputs.keep(task, false)).rejects.toBe(failure);
  // The next step of the delivery reads it from its first byte on again.
  await write('whole');
  expect(await outputs.keep(task, false)).toEqual({ head: 'whole', bytes: 5, cut: false });
});

test('a reader that comes between the last byte and the new name of the file gets the stored output', async () => {
  const { outputs, read, write } = await scene();
  await write('one');
  const kept = outputs.keep(task, false);
  const reader = read(0, true);
  await kept;
  expect(await reader).toBe('one');
});
