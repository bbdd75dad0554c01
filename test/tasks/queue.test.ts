import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acknowledge, begin, giveBack, schedule, stop, type Decision } from '../../src/tasks/delivery.js';
import { TaskQueue } from '../../src/tasks/queue.js';
import { isFinal, submittedTask, type Task } from '../../src/tasks/task.js';
import type { TaskWorker } from '../../src/tasks/worker.js';
import { ReferenceQueue } from './reference.js';
import { plain } from './plain.js';

// fast-check prints the seed of a failure; give it here to run it again.
const seed = { seed: Number(process.env['MAYFLY_TEST_SEED'] ?? Date.now()) };

const worker = (name: string, takesUntil = 100_000, cpu = 1000): TaskWorker => ({
  ...{ name, takesUntil, containers: new Map([['engine', { cpu, memory: 512 }]]) },
});

function taskOf(number: number, more: Partial<Task> = {}): Task {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const asked = { id, organisation: 'team', run: 'r', priority: 500, command: ['true'], container: 'engine', timeout: 1_000 };
  return { ...submittedTask({ ...plain, ...asked, attempts: 3, cpu: 1000, memory: 64, now: number }), ...more };
}

function queueOf(...tasks: Task[]): TaskQueue {
  const queue = new TaskQueue();
  for (const task of tasks) queue.put(task);
  return queue;
}

const begun = (queue: TaskQueue, now: number, workers: readonly TaskWorker[]) =>
  queue.assign(now, workers).map(({ task, worker: name }) => `${Number(task.id.slice(-12))} ${name}`);

describe('a queue', () => {
  test('begins with the highest priority, then with the oldest', () => {
    const queue = queueOf(taskOf(1, { cpu: 500 }), taskOf(2, { cpu: 500 }), taskOf(3, { cpu: 500, priority: 900 }));
    expect(begun(queue, 10, [worker('a')])).toEqual(['3 a', '1 a']);
  });

  test('fills the workers up to their cpu and memory, together with the tasks that they have', () => {
    const has = taskOf(9, { cpu: 600, token: 't', state: 'running', worker: 'a' });
    expect(begun(queueOf(has, taskOf(1, { cpu: 300 }), taskOf(2, { cpu: 300 })), 10, [worker('a')])).toEqual(['1 a']);
    const large = [1, 2, 3].map((number) => taskOf(number, { cpu: 1, memory: 200 }));
    expect(begun(queueOf(...large), 10, [worker('a')])).toEqual(['1 a', '2 a']);
  });

  test('lets no smaller task overtake the first one that waits for room', () => {
    const has = taskOf(9, { cpu: 500, token: 't', state: 'running', worker: 'a' });
    const queue = queueOf(has, taskOf(1, { cpu: 800 }), taskOf(2, { cpu: 100 }));
    expect(begun(queue, 10, [worker('a')])).toEqual([]);
    expect(begun(queue, 10, [worker('a'), worker('b', 100_000, 100)])).toEqual(['2 b']);
  });

  test('gives a task only to a worker that takes tasks until its timeout, and others may overtake it', () => {
    const queue = queueOf(taskOf(1, { timeout: 60_000 }), taskOf(2, { timeout: 30_000 }));
    expect(begun(queue, 50_000, [worker('a', 100_000)])).toEqual(['2 a']);
    expect(begun(queue, 40_000, [worker('a', 100_000)])).toEqual(['1 a']);
    expect(begun(queue, 40_001, [worker('a', 100_000)])).toEqual(['2 a']);
  });

  test('gives a module to a worker that runs modules, also to a busy one', () => {
    const module = taskOf(1, { function: 'sum@v1', command: ['sum.wasm', '--fast'] });
    const able = { ...worker('b'), modules: true };
    expect(begun(queueOf(module, taskOf(2)), 10, [worker('a'), able])).toEqual(['1 b', '2 a']);
    const has = taskOf(9, { token: 't', state: 'running', worker: 'b' });
    expect(begun(queueOf(has, module, taskOf(2)), 10, [worker('a'), able])).toEqual(['2 a']);
  });

  test('gives a module to any worker of its run where none runs modules, and to none of a fleet', () => {
    const module = taskOf(1, { function: 'sum@v1', command: ['sum.wasm'] });
    expect(begun(queueOf(module, taskOf(2)), 10, [worker('a'), worker('b')])).toEqual(['1 a', '2 b']);
    expect(begun(queueOf({ ...module, run: null, fleet: 'f' }, taskOf(2)), 10, [worker('a'), worker('b')])).toEqual(['2 a']);
  });

  test('waits for the pause of a returned task, and reports its end', () => {
    const queue = queueOf(taskOf(1, { notBefore: 6_000 }), taskOf(2, { notBefore: 5_000 }));
    expect(queue.nextAt).toBe(5_000);
    expect(begun(queue, 4_999, [worker('a')])).toEqual([]);
    expect(begun(queue, 5_000, [worker('a')])).toEqual(['2 a']);
    expect(queue.nextAt).toBe(6_000);
  });

  test('keeps the newest revision, and no task that has ended', () => {
    const queue = queueOf(taskOf(1, { revision: 2, priority: 7 }));
    queue.put(taskOf(1, { revision: 1, priority: 1 }));
    expect([...queue.all()].map(({ priority }) => priority)).toEqual([7]);
    queue.put(taskOf(1, { revision: 3, state: 'stopped' }));
    expect(queue.size).toBe(0);
  });
});

type Act =
  | { act: 'submit'; priority: number; cpu: number; timeout: number; attempts: number }
  | { act: 'pass' | 'replace' }
  | { act: 'wait'; ms: number }
  | { act: 'begin' | 'exit' | 'return' | 'stop' | 'late'; at: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    act: fc.constant('submit' as const),
    priority: fc.constantFrom(1, 500, 900),
    cpu: fc.integer({ min: 1, max: 1000 }),
    timeout: fc.constantFrom(1_000, 20_000, 60_000),
    attempts: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ act: fc.constantFrom('pass' as const, 'pass' as const, 'replace' as const) }),
  fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({
    act: fc.constantFrom('begin' as const, 'exit' as const, 'return' as const, 'stop' as const, 'late' as const),
    at: fc.nat({ max: 20 }),
  }),
);

/** A queue with its tasks as a store has them, beside the reference. */
class Played {
  now = 1_000;
  readonly tasks: Task[] = [];
  readonly queue = new TaskQueue();
  readonly reference = new ReferenceQueue();
  private generation = 0;

  private get workers(): TaskWorker[] {
    const until = 120_000 * (1 + this.generation);
    return [worker(`a${this.generation}`, until), worker(`b${this.generation}`, until, 400)];
  }

  play(one: Act): void {
    if (one.act === 'submit') {
      const { act: _, ...asked } = one;
      this.keep(taskOf(this.tasks.length + 1, { ...asked, createdAt: this.now }));
    } else if (one.act === 'wait') this.now += one.ms;
    else if (one.act === 'pass') this.pass();
    else if (one.act === 'replace') this.replace();
    else if ('at' in one) this.actOn(this.tasks[one.at % (this.tasks.length || 1)], one.act);
  }

  private pass(): void {
    const assigned = this.queue.assign(this.now, this.workers);
    expect(assigned.map(({ task: { id }, worker: name }) => `${id} ${name}`)).toEqual(
      this.reference.assign(this.tasks, this.now, this.workers),
    );
    for (const { task, worker: name } of assigned) this.store(task, schedule(task, { worker: name, now: this.now }));
  }

  /** Both workers die, and others take their place. */
  private replace(): void {
    this.generation += 1;
    for (const task of [...this.queue.outstanding()])
      this.store(task, giveBack(task, task.token!, { failure: { cause: 'gone' }, now: this.now }));
  }

  private actOn(task: Task | undefined, what: 'begin' | 'exit' | 'return' | 'stop' | 'late'): void {
    if (!task) return;
    const token = what === 'late' ? 'another' : (task.token ?? 'none');
    const decide: Record<typeof what, () => Decision | null> = {
      begin: () => begin(task, token, this.now),
      exit: () => acknowledge(task, token, { outcome: { state: 'exited', code: 0 }, output: null, now: this.now }),
      late: () => acknowledge(task, token, { outcome: { state: 'exited', code: 0 }, output: null, now: this.now }),
      return: () => giveBack(task, token, { failure: { cause: 'lost' }, now: this.now }),
      stop: () => stop(task, this.now),
    };
    const expected = this.reference.allows(task, what);
    if (!expected) return expect(decide[what]).toThrow(expect.objectContaining({ code: 'not_possible' }));
    const decision = decide[what]();
    if (decision) this.store(task, decision);
  }

  private store(task: Task, { change }: Decision): void {
    const after = { ...task, ...change, revision: task.revision + 1 };
    this.reference.check(task, after);
    this.keep(after);
  }

  private keep(task: Task): void {
    const at = this.tasks.findIndex(({ id }) => id === task.id);
    if (at < 0) this.tasks.push(task);
    else this.tasks[at] = task;
    this.queue.put(task);
  }
}

test('any series of submissions, passes, ends, returns, stops and dead workers goes as in the reference', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 120 }), (acts) => {
      const played = new Played();
      for (const one of acts) played.play(one);
      // With live workers and no more disturbance, every task ends.
      for (let round = 0; round < 200 && played.queue.size > 0; round += 1) {
        played.play({ act: 'pass' });
        played.tasks.forEach(({ state }, at) => {
          if (state === 'scheduled') played.play({ act: 'begin', at });
        });
        played.tasks.forEach(({ state }, at) => {
          if (state === 'running') played.play({ act: 'exit', at });
        });
        if (round % 3 === 2) played.play({ act: 'replace' });
        played.play({ act: 'wait', ms: 20_000 });
      }
      expect(played.tasks.every(({ state }) => isFinal(state))).toBe(true);
    }),
    { ...seed, numRuns: 80 },
  );
});
