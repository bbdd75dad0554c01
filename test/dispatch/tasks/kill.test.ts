import { v5 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { isFinal } from '../../../src/dispatch/run.js';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { stop } from '../../../src/tasks/delivery.js';
import { isFinal as isTaskFinal, type Task } from '../../../src/tasks/task.js';
import { choose, classesOf, type ClassedCall, timeout } from '../../kill/classes.js';
import { smallSpec } from '../../memory/scene.js';
import { installation, type Service, serving, submissionOf } from '../scene.js';
import { successionOf } from '../succession.js';

const moments = ['before', 'after'] as const;
type Moment = (typeof moments)[number];

/** Milliseconds of the stepped clock between two looks of the test. */
const step = 250;
/** Steps after which the task is stuck: twice the longest life below. */
const mostSteps = 1200;

interface Life {
  /** What happens when the task's delivery of a number is first seen running. */
  at: Record<number, 'exit' | 'worker dies' | 'command is lost' | 'stop'>;
  /** The task's final state, its reason and its number of deliveries. */
  final: [state: string, reason: string, attempt: number];
}

const lives: Record<string, Life> = {
  'whose command exits': { at: { 1: 'exit' }, final: ['completed', 'exited', 1] },
  'whose worker dies': { at: { 1: 'worker dies', 2: 'exit' }, final: ['completed', 'exited', 2] },
  'whose command is lost': { at: { 1: 'command is lost', 2: 'exit' }, final: ['completed', 'exited', 2] },
  'that is stopped': { at: { 1: 'stop' }, final: ['stopped', 'stop_asked', 1] },
};

interface Lived {
  /** Every difference from the life as it should be. */
  wrong: string[];
  /** Calls of the first process up to the task's final state, in order. */
  calls: string[];
}

/** Lives the whole life of a task. `death`: the first process dies at one of its calls, and another one follows. */
async function live({ at, final }: Life, death?: { at: number; moment: Moment }): Promise<Lived> {
  const { clock, hand, node, serve } = await serving();
  const first = await serve({}, (faults) => death && faults.crashAt(death.at, death.moment));
  const life = successionOf(first, () => serve());
  const { succeed, ask } = life;
  const submission = { ...submissionOf(smallSpec({ max_duration: 240, create_timeout: 20 })), key: 'job' };
  await ask((service) => service.dispatcher.intake.submit(submission));
  const [of, id] = [v5('team\njob', installation), v5('task\nteam\nwork', installation)];
  await ask(async (service) => {
    const run = (await first.store.run(of))!;
    const wishes = { pool: { run }, command: ['serve'], timeout: 60_000, attempts: 3, priority: 500 };
    await service.dispatcher.tasks.intake.submit({ ...wishes, sealed: () => null, key: 'work', bodyHash: 'b' });
  });
  const happened = new Set<number>();
  const read = async () => (await first.store.tasks.task(id))!;
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const task = await read();
    if (isTaskFinal(task.state) && !(await succeed())) break;
    const act = at[task.attempt];
    if (task.state === 'running' && act !== undefined && !happened.has(task.attempt)) {
      happened.add(task.attempt);
      await actOn(task, act);
    }
    await clock.advance(step);
    await succeed();
  }
  async function actOn({ worker, attempt }: Task, act: Life['at'][number]): Promise<void> {
    const place = [worker!, 'engine', commandIdOf({ id, attempt })] as const;
    hand.writeOutput(...place, `delivery ${attempt}\n`);
    if (act === 'exit') hand.endCommand(...place, { state: 'exited', code: 0 });
    if (act === 'command is lost') hand.endCommand(...place, { state: 'lost' });
    if (act === 'worker dies') hand.exit(worker!, 'engine', 137);
    if (act === 'stop') await ask((service) => service.dispatcher.tasks.tasks.change(id, stop));
  }
  const calls = [...first.client.faults.calls];
  // Time in which something late would appear.
  await clock.advance(60_000);
  await succeed();
  const task = await read();
  const types = (await first.events(of)).filter((type) => type.startsWith('task_'));
  const wrong = [...(await differences(life.service, task, types, final))];
  const left = node.list().flatMap(({ commands }) => [...commands.values()].filter(({ state }) => state.state === 'running'));
  if (left.length > 0) wrong.push(`${left.length} commands are left`);
  // The task ends with its run, too.
  const run = (await first.store.run(of))!;
  if (isFinal(run.state) && !isTaskFinal(task.state)) wrong.push(`the run is ${run.state}, and the task ${task.state}`);
  await life.service.close();
  return { wrong, calls };
}

async function differences({ dispatcher }: Service, task: Task, types: string[], final: Life['final']): Promise<string[]> {
  const { state, reason, attempt } = task;
  const ends = types.filter((type) => ['task_completed', 'task_failed', 'task_stopped'].includes(type));
  const deliveries = types.filter((type) => type === 'task_scheduled').length;
  const returned = types.filter((type) => type === 'task_returned').length;
  const output = await dispatcher.tasks.outputs.read(task, 0);
  const text = output ? Buffer.concat(await output.toArray()).toString() : null;
  return [
    ...([state, reason, attempt].join() === final.join() ? [] : [`final: ${state} ${reason} ${attempt}`]),
    ...(ends.join() === `task_${final[0]}` ? [] : [`ends: ${ends.join(' ')}`]),
    ...(deliveries === final[2] && returned === final[2] - 1 ? [] : [`deliveries: ${types.join(' ')}`]),
    ...(state !== 'completed' || text === `delivery ${attempt}\n` ? [] : [`output: ${text}`]),
    ...(dispatcher.tasks.tasks.size === 0 ? [] : ['the task is in memory']),
  ];
}

const reading = /^(time|info|list|inspect|events|logs|kills|usage)\b|^store (run|runs|unfinished|attempts|events|setting|task|sealed)\b/;

function classed(call: string): ClassedCall {
  return { what: call.replace(/ r[a-z2-7]{26}(-2)?/, ' worker$1'), changes: !reading.test(call) };
}

/** The first call about the task: earlier ones are of the run alone, whose own test has them. */
const ofTask = (calls: readonly string[]) => calls.findIndex((call) => call.startsWith('store insert')) + 1;

describe.each(Object.entries(lives))('a task %s', (_name, life) => {
  test('has one end, wherever the service is killed', { timeout }, async () => {
    const { wrong, calls } = await live(life);
    expect(wrong).toEqual([]);
    const classes = classesOf(calls.map(classed));
    const begin = ofTask(calls);
    const all = calls.flatMap((call, index) => moments.map((moment) => ({ at: index + 1, moment, call, class: classes[index]! })));
    const points = all.filter(({ at, call }) => at > begin && /^store|^exec/.test(call));
    expect(points.length).toBeGreaterThan(20);
    for (const { at, moment, call } of choose(points).taken) {
      const lived = await live(life, { at, moment });
      wrong.push(...lived.wrong.map((one) => `killed ${moment} ${call} (${at}): ${one}`));
    }
    expect(wrong).toEqual([]);
  });
});
