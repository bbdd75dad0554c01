import { describe, expect, test } from 'vitest';
import { commandIdOf } from '../../src/tasks/command-id.js';
import { acknowledge, begin, endWithQueue, giveBack, pauseAfter, refuse, schedule, stop, type Decision } from '../../src/tasks/delivery.js';
import { submittedTask, type Task, type TaskState, taskStates } from '../../src/tasks/task.js';
import { plain } from './plain.js';

const id = '11111111-1111-4111-8111-111111111111';

function task(more: Partial<Task> = {}): Task {
  return {
    ...submittedTask({
      ...plain,
      ...{ id, organisation: 'team', run: 'r', priority: 500, command: ['true'], container: 'engine', timeout: 60_000 },
      ...{ attempts: 3, cpu: 100, memory: 64, now: 1000 },
    }),
    ...more,
  };
}

/** A task in each state, as the functions make it. */
const inState: Record<TaskState, () => Task> = {
  pending: () => task(),
  scheduled: () => after(task(), schedule(task(), { worker: 'w', now: 2000 })),
  running: () => after(inState.scheduled(), begin(inState.scheduled(), commandIdOf({ id, attempt: 1 }), 3000)),
  completed: () => task({ state: 'completed' }),
  failed: () => task({ state: 'failed' }),
  stopped: () => task({ state: 'stopped' }),
};

function after(before: Task, { change }: Decision): Task {
  return { ...before, ...change, revision: before.revision + 1 };
}

const failure = { cause: 'its worker has gone' };
const token = commandIdOf({ id, attempt: 1 });

const acts: Record<string, (one: Task) => Decision | null> = {
  schedule: (one) => schedule(one, { worker: 'w', now: 5000 }),
  begin: (one) => begin(one, token, 5000),
  'exit 0': (one) => acknowledge(one, token, { outcome: { state: 'exited', code: 0 }, output: null, now: 5000 }),
  'exit 3': (one) => acknowledge(one, token, { outcome: { state: 'exited', code: 3 }, output: null, now: 5000 }),
  'give back': (one) => giveBack(one, token, { failure, now: 5000 }),
  refuse: (one) => refuse(one, token, { failure, now: 5000 }),
  stop: (one) => stop(one, 5000),
  'end with a failed run': (one) => endWithQueue(one, { state: 'failed', reason: 'run_failed' }, 5000),
  'end with a completed run': (one) => endWithQueue(one, { state: 'stopped', reason: 'run_ended' }, 5000),
};

/** The state after each act; `!`: refused; `=`: the same state. */
const table: Record<string, Record<TaskState, string>> = {
  schedule: { pending: 'scheduled', scheduled: '!', running: '!', completed: '!', failed: '!', stopped: '!' },
  begin: { pending: '!', scheduled: 'running', running: '!', completed: '!', failed: '!', stopped: '!' },
  'exit 0': { pending: '!', scheduled: '!', running: 'completed', completed: '!', failed: '!', stopped: '!' },
  'exit 3': { pending: '!', scheduled: 'failed', running: 'failed', completed: '!', failed: '!', stopped: '!' },
  'give back': { pending: '!', scheduled: 'pending', running: 'pending', completed: '!', failed: '!', stopped: '!' },
  refuse: { pending: '!', scheduled: 'failed', running: 'failed', completed: '!', failed: '!', stopped: '!' },
  stop: { pending: 'stopped', scheduled: '=', running: '=', completed: '!', failed: '!', stopped: '=' },
  'end with a failed run': { pending: 'failed', scheduled: 'failed', running: 'failed', completed: '!', failed: '!', stopped: '!' },
  'end with a completed run': { pending: 'stopped', scheduled: 'stopped', running: 'stopped', completed: '!', failed: '!', stopped: '!' },
};

describe.each(Object.entries(table))('%s', (name, row) => {
  test.each(taskStates)('a task that is %s', (state) => {
    const before = inState[state]();
    if (row[state] === '!') {
      expect(() => acts[name]!(before)).toThrow(expect.objectContaining({ code: 'not_possible' }));
      return;
    }
    const decision = acts[name]!(before);
    expect(decision?.change.state ?? '=').toBe(row[state]);
  });
});

test('a refused transition names both states', () => {
  expect(() => schedule(inState.completed(), { worker: 'w', now: 0 })).toThrow(
    'the task is completed, and scheduled cannot follow completed',
  );
});

test('a delivery that is over can neither end nor return the task', () => {
  const second = after(after(inState.running(), giveBack(inState.running(), token, { failure, now: 5000 })), {
    ...schedule(task({ attempt: 1 }), { worker: 'v', now: 9000 }),
  });
  expect(second).toMatchObject({ attempt: 2, worker: 'v', token: commandIdOf({ id, attempt: 2 }) });
  for (const late of [acts['exit 0']!, acts['give back']!, acts['begin']!, acts['refuse']!])
    expect(() => late(second)).toThrow('the token is not that of delivery 2');
});

test('an end has its exit code and its time', () => {
  const running = inState.running();
  const output = { head: 'hi', bytes: 2, cut: false };
  expect(acknowledge(running, token, { outcome: { state: 'exited', code: 3 }, output, now: 7000 }).change).toEqual({
    ...{ state: 'failed', reason: 'exited', exitCode: 3, token: null, stopping: false, notBefore: null },
    ...{ finishedAt: 7000, output },
  });
  expect(acknowledge(running, token, { outcome: { state: 'timed_out' }, output: null, now: 7000 }).change).toMatchObject({
    ...{ state: 'failed', reason: 'timed_out', exitCode: null },
  });
});

test('a returned task waits longer each time, and is dead after its last delivery', () => {
  expect([1, 2, 3, 4].map((attempt) => pauseAfter(attempt))).toEqual([1_000, 20_000, 40_000, 60_000]);
  const { change } = giveBack(inState.running(), token, { failure, now: 5000 });
  expect(change).toMatchObject({ state: 'pending', reason: 'retry', notBefore: 6000, token: null, failure });
  const last = { ...inState.running(), attempts: 1 };
  expect(giveBack(last, token, { failure, now: 5000 }).change).toMatchObject({
    ...{ state: 'failed', reason: 'undeliverable', dead: true, finishedAt: 5000 },
  });
});

test('a task that is being stopped is stopped by the return of its delivery, and begins no other one', () => {
  const stopping = after(inState.running(), stop(inState.running(), 4000)!);
  expect(stopping.stopping).toBe(true);
  expect(stop(stopping, 4500)).toBeNull();
  expect(giveBack(stopping, token, { failure, now: 5000 }).change).toMatchObject({ state: 'stopped', reason: 'stop_asked' });
});

test('each delivery of a task has another token, and the same one again after a restart', () => {
  const all = [1, 2, 3].map((attempt) => commandIdOf({ id, attempt }));
  expect(new Set(all).size).toBe(3);
  expect(commandIdOf({ id, attempt: 2 })).toBe(all[1]);
  expect(commandIdOf({ id: '22222222-2222-4222-8222-222222222222', attempt: 2 })).not.toBe(all[1]);
});
