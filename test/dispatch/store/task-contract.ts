import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/dispatch/store/store.js';
import type { NewTask } from '../../../src/dispatch/store/task-store.js';
import { submittedTask, type Task } from '../../../src/tasks/task.js';
import { newRun, sampleRun } from './samples.js';
import { plain } from '../../tasks/plain.js';

const event = { at: 5_000, type: 'task_changed', data: { by: 'test' } };

/** The same number gives the same task; later numbers are younger. */
export function sampleTask(number: number, more: Partial<Task> = {}): Task {
  const id = `10000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const asked = { id, organisation: 'red', run: sampleRun(1).id, priority: 500, command: ['echo', 'ü "7"'], container: 'engine' };
  return { ...submittedTask({ ...plain, ...asked, timeout: 60_000, attempts: 3, cpu: 100, memory: 64, now: 1_000 + number }), ...more };
}

export function newTask(number: number, more: Partial<Task> = {}): NewTask {
  const task = sampleTask(number, more);
  return {
    task,
    sealed: Uint8Array.of(number & 255, 0, 255),
    bodyHash: `body of ${number}`,
    event: { at: task.createdAt, type: 'task_pending', data: { task: task.id } },
  };
}

/** The tasks of every store keep it. `open`: an empty store. */
const files = {
  in: [{ from: { run: sampleRun(2).id, container: 'engine', path: '/a' }, to: '/b' }],
  out: [{ from: '/c', to: { run: sampleRun(2).id, container: 'box', path: '/d' } }],
};

export function taskContract(title: string, open: () => Promise<Store>): void {
  async function storeWith(...tasks: Parameters<typeof newTask>[]): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    await store.insert(newRun(1));
    await store.insert(newRun(2, { organisation: 'blue' }));
    for (const task of tasks) await store.tasks.insert(newTask(...task));
    return store;
  }
  const numbers = (tasks: readonly Task[]) => tasks.map(({ id }) => Number(id.slice(-12)));
  const types = async (store: Store) => (await store.events({ limit: 50 })).map(({ type }) => type);

  describe(title, () => {
    test('a task is read as it was stored, and its event is one of its run', async () => {
      const more: Partial<Task> = {
        ...{ state: 'running', token: 'abc', worker: 'r1', stopping: true, notBefore: 7, startedAt: 9 },
        ...{ failure: { cause: 'lost' }, output: { head: 'hé', bytes: 3, cut: true }, files },
      };
      const store = await storeWith([1, more]);
      expect(await store.tasks.task(sampleTask(1).id)).toEqual(sampleTask(1, more));
      expect(await store.tasks.task(sampleTask(2).id)).toBeNull();
      expect(await store.events({ run: sampleRun(1).id, after: 1, limit: 9 })).toEqual([
        expect.objectContaining({ run: sampleRun(1).id, at: 1001, type: 'task_pending', data: { task: sampleTask(1).id } }),
      ]);
    });

    test('a second task of the same id is not stored; the first one is returned with the hash of its body', async () => {
      const store = await storeWith([1]);
      const again = await store.tasks.insert({ ...newTask(1, { priority: 1 }), bodyHash: 'another' });
      expect(again).toEqual({ stored: false, existing: sampleTask(1), bodyHash: 'body of 1' });
      expect(await types(store)).toEqual(['queued', 'queued', 'task_pending']);
    });

    test('of two changes of one revision the first is stored, and the second leaves nothing', async () => {
      const store = await storeWith([1]);
      const both = await Promise.all([
        store.tasks.change(sampleTask(1), { state: 'scheduled', token: 'a', worker: 'w1' }, event),
        store.tasks.change(sampleTask(1), { state: 'scheduled', token: 'b', worker: 'w2' }, event),
      ]);
      expect(both).toEqual([sampleTask(1, { state: 'scheduled', token: 'a', worker: 'w1', revision: 1 }), null]);
      expect(await types(store)).toEqual(['queued', 'queued', 'task_pending', 'task_changed']);
    });

    test('a state that may not follow is not stored', async () => {
      const store = await storeWith([1], [2, { state: 'completed' }]);
      expect(await store.tasks.change(sampleTask(1), { state: 'running' }, event)).toBeNull();
      expect(await store.tasks.change(sampleTask(2), { state: 'stopped' }, event)).toBeNull();
    });

    test('variables and input are removed at the end, except those of a dead task', async () => {
      const store = await storeWith([1, { state: 'running' }], [2, { state: 'running' }]);
      await store.tasks.change(sampleTask(1), { state: 'completed' }, event);
      await store.tasks.change(sampleTask(2), { state: 'failed', dead: true }, event);
      expect(await store.tasks.sealed(sampleTask(1).id)).toBeNull();
      expect(await store.tasks.sealed(sampleTask(2).id)).toEqual(Uint8Array.of(2, 0, 255));
    });

    test('a dead task is redriven once', async () => {
      const dead = sampleTask(1, { state: 'failed', dead: true });
      const store = await storeWith([1, dead], [2, { state: 'failed' }]);
      expect(await store.tasks.redrive(dead, newTask(3))).toEqual(sampleTask(3));
      expect(await store.tasks.task(dead.id)).toMatchObject({ state: 'failed', redriven: sampleTask(3).id, revision: 1 });
      expect(await store.tasks.redrive({ id: dead.id, revision: 1 }, newTask(4))).toBeNull();
      expect(await store.tasks.redrive(sampleTask(2), newTask(4))).toBeNull();
      expect(await store.tasks.task(sampleTask(4).id)).toBeNull();
    });

    test('pages have the filtered tasks of one organisation, the newest first', async () => {
      const other = { organisation: 'blue', run: sampleRun(2).id };
      const store = await storeWith(
        [1],
        [2, { state: 'failed', dead: true }],
        [3, other],
        [4],
        [5, { state: 'failed', dead: true, redriven: 'x' }],
      );
      const page = async (query: object) => store.tasks.tasks({ organisation: 'red', limit: 9, ...query });
      expect(numbers((await page({})).tasks)).toEqual([5, 4, 2, 1]);
      expect(numbers((await page({ state: 'failed' })).tasks)).toEqual([5, 2]);
      expect(numbers((await page({ dead: true })).tasks)).toEqual([2]);
      expect(numbers((await page({ run: sampleRun(2).id })).tasks)).toEqual([]);
      const first = await page({ limit: 2 });
      expect(numbers(first.tasks)).toEqual([5, 4]);
      const second = await page({ limit: 2, after: first.next! });
      expect([numbers(second.tasks), second.next]).toEqual([[2, 1], null]);
      await expect(page({ after: 'x' })).rejects.toMatchObject({ code: 'usage' });
    });

    test('unfinished tasks are read oldest first, and counts by state and worker', async () => {
      const ended = { state: 'completed', worker: 'w', createdAt: 100, startedAt: 300, finishedAt: 1300 } as const;
      const store = await storeWith([1], [2, ended], [3, { state: 'running', worker: 'w', createdAt: 900, startedAt: 1000 }]);
      const all: Task[] = [];
      for await (const task of store.tasks.unfinished()) all.push(task);
      expect(numbers(all)).toEqual([3, 1]);
      expect(await store.tasks.counts(sampleRun(1).id)).toEqual([
        { state: 'completed', worker: 'w', count: 1, begun: 1, waited: 200, ended: 1, took: 1000 },
        { state: 'pending', worker: null, count: 1, begun: 0, waited: 0, ended: 0, took: 0 },
        { state: 'running', worker: 'w', count: 1, begun: 1, waited: 100, ended: 0, took: 0 },
      ]);
    });

    test('tasks are removed with their run', async () => {
      const store = await storeWith([1, { state: 'completed' }]);
      await store.change(sampleRun(1), { state: 'cancelled', completedAt: 10 }, event);
      expect(await store.removeFinished(11)).toBe(1);
      expect(await store.tasks.task(sampleTask(1).id)).toBeNull();
    });
  });
}
