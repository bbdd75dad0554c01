import { v5 } from 'uuid';
import { isFinal } from '../../../src/dispatch/run.js';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { isFinal as isTaskFinal, type Task } from '../../../src/tasks/task.js';
import { labelKeys } from '../../../src/labels.js';
import { smallSpec } from '../../memory/scene.js';
import { fleetRequest } from '../fleets/scene.js';
import { installation, serving, submissionOf } from '../scene.js';
import { successionOf } from '../succession.js';

export interface Life {
  /** The fleet that lends the stealer; `false`: it is made from the run's spec. */
  borrows: boolean;
  /** The worker that dies when the two first tasks run. */
  dies: 'primary' | 'stealer' | null;
}

export interface Lived {
  /** Every difference from the life as it should be. */
  wrong: string[];
  /** Calls of the first process, in order. */
  calls: string[];
}

/** Milliseconds of the stepped clock between two looks of the test. */
const step = 500;
const mostSteps = 600;

/** Lives the life of a run with one stealer and three tasks. `death`: the first process dies at one of its calls, and another one follows. */
export async function live({ borrows, dies }: Life, death?: { at: number; moment: 'before' | 'after' }): Promise<Lived> {
  const { clock, hand, node, serve } = await serving();
  const first = await serve({}, (faults) => death && faults.crashAt(death.at, death.moment));
  const { store } = first;
  const life = successionOf(first, () => serve());
  const { succeed, ask } = life;
  if (borrows) await ask((service) => service.dispatcher.fleetCommands.create(fleetRequest({ min: 0, max: 1, aux: 1, idle: 20_000 })));
  const workers = { min: 1, max: 2, aux: borrows ? 'crew' : null };
  const spec = smallSpec({ max_duration: 400, create_timeout: 20 });
  await ask((service) => service.dispatcher.intake.submit({ ...submissionOf(spec), key: 'job', workers }));
  const of = v5('team\njob', installation);
  const ids = ['a', 'b', 'c'].map((key) => v5(`task\nteam\n${key}`, installation));
  for (const key of ['a', 'b', 'c']) {
    await ask(async (service) => {
      const wishes = { pool: { run: (await store.run(of))! }, command: ['serve'], timeout: 60_000, attempts: 9, priority: 500 };
      await service.dispatcher.tasks.intake.submit({ ...wishes, sealed: () => null, key, bodyHash: 'b' });
    });
  }
  const tasks = async () => (await Promise.all(ids.map((id) => store.tasks.task(id)))).filter((task) => task !== null);
  const living = () => new Set(node.list().map(({ labels }) => labels[labelKeys.worker])).size;
  let both = false;
  let most = 0;
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const now = await tasks();
    const run = (await store.run(of))!;
    if (now.length === ids.length && now.every(({ state }) => isTaskFinal(state))) break;
    const running = now.filter(({ state }) => state === 'running');
    const stolen = running.find(({ worker }) => worker !== run.worker);
    if (both) for (const task of running) end(task);
    else if (stolen && running.length === 2) {
      both = true;
      if (dies !== null) hand.exit(dies === 'primary' ? run.worker! : stolen.worker!, 'engine', 137);
    }
    most = Math.max(most, living());
    await clock.advance(step);
    await succeed();
  }
  function end({ id, attempt, worker }: Task): void {
    // It may have died since.
    const lives = node.of(worker!).some(({ commands }) => commands.has(commandIdOf({ id, attempt })));
    if (lives) hand.endCommand(worker!, 'engine', commandIdOf({ id, attempt }), { state: 'exited', code: 0 });
  }
  // Nothing is left to steal; then the run ends.
  for (let pauses = 0; pauses < 2; pauses += 1) {
    await clock.advance(40_000);
    await succeed();
  }
  const idle = living();
  await ask((service) => service.dispatcher.commands.cancel(of, 'test'));
  for (let pauses = 0; pauses < 2; pauses += 1) {
    await clock.advance(20_000);
    await succeed();
  }
  const calls = [...first.client.faults.calls];
  const events = await store.events({ limit: 10_000 });
  const finals = events.filter(({ type }) => /^task_(completed|failed|stopped)$/.test(type));
  const { runs } = await store.runs({ limit: 100 });
  const wrong = [
    ...(finals
      .map(({ type, data }) => `${type} ${ids.indexOf(String(data['task']))}`)
      .sort()
      .join() === 'task_completed 0,task_completed 1,task_completed 2'
      ? []
      : [`finals: ${finals.map(({ type }) => type).join(' ')}`]),
    ...(most === 2 ? [] : [`at most ${most} workers`]),
    ...(idle === 1 ? [] : [`${idle} workers when nothing was left to steal`]),
    ...(borrows || living() === 0 ? [] : [`${living()} workers outlive the run`]),
    ...runs.filter(({ state }) => !isFinal(state)).map(({ state }) => `a run is ${state}`),
    ...(both ? [] : ['nothing was stolen']),
  ];
  await life.service.close();
  return { wrong, calls };
}
