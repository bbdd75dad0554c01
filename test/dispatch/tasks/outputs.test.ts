import { expect, test, vi } from 'vitest';
import { LiveOutput } from '../../../src/dispatch/tasks/live-output.js';
import { TaskOutputs } from '../../../src/dispatch/tasks/outputs.js';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { untilIdle } from '../../support/idle.js';
import { tempDir } from '../../support/temp-dir.js';
import { taskScene } from './scene.js';

async function outputs(most: number) {
  const directory = await tempDir('outputs');
  const open = () => new TaskOutputs(directory, directory, most);
  let current = open();
  return {
    /** As a later process has it. */
    reopen: () => void (current = open()),
    async keep(organisation: string, id: string, text: string) {
      const live = await current.begin(id);
      live.sink.write(text);
      await live.written();
      return current.keep({ id, organisation }, false);
    },
    async left(organisation: string, ...ids: string[]) {
      const found = await Promise.all(ids.map(async (id) => ((await current.read({ id, organisation }, 0))?.destroy() ? id : null)));
      return found.filter((id) => id !== null);
    },
    sweep: (known: string[]) => current.sweep((id) => Promise.resolve(known.includes(id))),
  };
}

test('the oldest outputs of an organisation are removed first, also those of an earlier process', async () => {
  const { keep, left, reopen } = await outputs(10);
  await keep('a', '1', '12345');
  await keep('b', '1', '12345');
  await keep('a', '2', '1234');
  reopen();
  await keep('a', '3', '1');
  expect(await left('a', '1', '2', '3')).toEqual(['1', '2', '3']);
  await keep('a', '4', '1');
  expect(await left('a', '1', '2', '3', '4')).toEqual(['2', '3', '4']);
  expect(await left('b', '1')).toEqual(['1']);
});

test('an output that is stored again counts once, as the newest', async () => {
  const { keep, left } = await outputs(10);
  await keep('a', '1', '12345');
  await keep('a', '2', '12345');
  await keep('a', '1', '12345');
  await keep('a', '3', '12345');
  expect(await left('a', '1', '2', '3')).toEqual(['1', '3']);
});

test('swept outputs leave their space, and the newest stays also where it alone is too large', async () => {
  const { keep, left, sweep } = await outputs(10);
  await keep('a', '1', '12345');
  await keep('a', '2', '12345');
  await sweep(['2']);
  await keep('a', '3', '12345');
  expect(await left('a', '1', '2', '3')).toEqual(['2', '3']);
  await keep('a', '4', '123456789012');
  expect(await left('a', '2', '3', '4')).toEqual(['4']);
});

test('a task whose output was removed says so', async () => {
  const { run, add, untilTask, command, hand, ask, task } = await taskScene({ settings: { ...defaultDispatchSettings, taskOutputs: 6 } });
  const { id: of } = await run();
  const done: string[] = [];
  for (const text of ['first', 'second']) {
    const { id } = await add(of, {}, text);
    const running = command(await untilTask(id, 'running'));
    hand.writeOutput(...running, text);
    hand.endCommand(...running, { state: 'exited', code: 0 });
    await untilTask(id, 'completed');
    done.push(id);
  }
  const [first, second] = done as [string, string];
  expect((await task(first)).output).toEqual({ head: 'first', bytes: 5, cut: false, removed: true });
  expect((await task(second)).output).toEqual({ head: 'second', bytes: 6, cut: false, removed: false });
  expect(await add(of, {}, 'first')).toMatchObject({ id: first, output: { removed: true } });
  const { tasks } = (await ask('/v1/tasks')).body as { tasks: { id: string; output: { removed: boolean } }[] };
  expect(tasks.map(({ id, output }) => [id, output.removed])).toEqual([
    [second, false],
    [first, true],
  ]);
  expect(await ask(`/v1/tasks/${first}/output`)).toMatchObject({
    status: 404,
    body: { error: { message: 'the output of the task was removed, because newer ones of its organisation need the space' } },
  });
  expect((await ask(`/v1/tasks/${second}/output`)).text).toBe('second');
});

test('an output that cannot be written is read again, and its command runs once', async () => {
  const open = vi.spyOn(LiveOutput, 'open');
  const { run, add, untilTask, command, hand } = await taskScene();
  const { id } = await add((await run()).id);
  const running = command(await untilTask(id, 'running'));
  hand.writeOutput(...running, 'one ');
  await untilIdle();
  const { sink } = (await open.mock.results[0]!.value) as LiveOutput;
  sink.destroy(new Error('ENOSPC: no space left on device, write'));
  hand.writeOutput(...running, 'two');
  hand.endCommand(...running, { state: 'exited', code: 0 });
  expect(await untilTask(id, 'completed')).toMatchObject({ attempt: 1, output: { head: 'one two', bytes: 7 } });
});
