import { v5 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { isFinal, type Run, type RunState } from '../../src/dispatch/run.js';
import { workerNameOf } from '../../src/dispatch/worker-name.js';
import { choose, classesOf, type ClassedCall, timeout } from '../kill/classes.js';
import { smallSpec } from '../memory/scene.js';
import type { MemoryNode } from '../memory/node.js';
import { overseen } from './oracle.js';
import { commandOf } from './results/scene.js';
import { installation, type Service, serving, submissionOf } from './scene.js';
import { successionOf } from './succession.js';

const moments = ['before', 'after'] as const;
type Moment = (typeof moments)[number];

/** Milliseconds of the stepped clock between two looks of the test at its run. */
const step = 200;
/** Steps after which a run is stuck: twice the longest life below. */
const mostSteps = 1500;

interface Life {
  /** What happens when the run is first seen in a state. */
  at?: Partial<Record<RunState, (hands: Hands) => unknown>>;
  /** The first attempt cannot be made. */
  failsFirst?: boolean;
  /** The run has a command that exits with 0 at once. */
  hasCommand?: boolean;
  /** The run's state at its end, its reason and its number of attempts. */
  final: [state: RunState, reason: string, attempt: number];
  /** Types of its events, in order; a kill may move a request behind `ready?`, and repeat a try to publish. */
  events: string;
}

interface Hands {
  run: Run;
  service: Service;
  exit(code: number): void;
}

const made = 'placed provisioning ready';

const cancel = ({ run, service }: Hands) => service.dispatcher.commands.cancel(run.id, 'enough');

const lives: Record<string, Life> = {
  'until it expires': { final: ['completed', 'expired', 1], events: `queued ${made} worker_gone completed` },
  'until its engine exits': {
    at: { running: ({ exit }) => exit(3) },
    final: ['failed', 'engine_exited', 1],
    events: `queued ${made} worker_gone failed`,
  },
  'with a first attempt that fails': {
    failsFirst: true,
    at: { running: ({ exit }) => exit(0) },
    final: ['completed', 'engine_exited', 2],
    events: `queued placed provisioning attempt_failed queued ${made} worker_gone completed`,
  },
  'until it is cancelled': {
    at: { running: cancel },
    final: ['cancelled', 'cancelled', 1],
    events: `queued ${made} cancel_asked cancelled`,
  },
  'that is cancelled while its worker is made': {
    at: { provisioning: cancel, running: cancel },
    final: ['cancelled', 'cancelled', 1],
    events: `queued placed provisioning ready? cancel_asked cancelled`,
  },
  'with a command': {
    hasCommand: true,
    final: ['completed', 'command_exited', 1],
    events: `queued ${made} command_started command_ended results_accepted( completed)?( results_publishing)+( completed)? results_published( completed)?`,
  },
};

interface Lived {
  /** Every difference from the life as it should be. */
  wrong: string[];
  /** Calls of the first process up to the run's final state, in order. */
  calls: string[];
}

/** Lives a whole life. `death`: the first process dies at one of its calls, and another one follows. */
async function live(
  { at = {}, failsFirst = false, hasCommand = false, ...wanted }: Life,
  death?: { at: number; moment: Moment },
): Promise<Lived> {
  const scene = await serving();
  const { node, clock, hand } = scene;
  node.price = 3.6;
  const oracle = overseen(node);
  let commands = 0;
  Object.assign(node.programs, { work: () => (commands += 1) - commands });
  const command = hasCommand ? commandOf({ argv: ['work'] }) : undefined;
  const submission = { ...submissionOf(smallSpec({ max_duration: 60, create_timeout: 20 })), key: 'job', command };
  const id = v5('team\njob', installation);
  if (failsFirst) failCreations(node, workerNameOf(id, 1));
  const first = await scene.serve({}, (faults) => death && faults.crashAt(death.at, death.moment));
  const life = successionOf(first, () => scene.serve());
  const { succeed, ask } = life;
  await ask((service) => service.dispatcher.intake.submit(submission));
  const happened = new Set<RunState>();
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const run = (await first.store.run(id))!;
    if (isOver(run) && !(await succeed())) break;
    const act = at[run.state];
    if (act && !happened.has(run.state)) {
      happened.add(run.state);
      const exit = (code: number) => hand.exit(run.worker!, 'engine', code);
      let done = false;
      // A person repeats a request that was not answered, and looks before.
      await ask(async (service) => {
        if (done || (await asked(first, id))) return;
        await act({ run, service, exit });
        done = true;
      });
    }
    await clock.advance(step);
    await succeed();
  }
  const calls = [...first.client.faults.calls];
  // Time in which something late would appear.
  await clock.advance(120_000);
  await succeed();
  const run = (await first.store.run(id))!;
  const events = (await first.events(id)).join(' ');
  const left = node.list().map(({ name }) => name);
  const paid = (await first.store.attempts(id)).reduce((sum, { cost }) => sum + cost, 0);
  const spent = await first.store.spent('team', '2026-01');
  await life.service.close();
  const final = [run.state, run.reason, run.attempt];
  return {
    wrong: [
      ...oracle.broken,
      ...(left.length > 0 ? [`left: ${left.join(' ')}`] : []),
      ...(commands === (hasCommand ? 1 : 0) ? [] : [`the command was started ${commands} times`]),
      ...(events.split(' completed').length <= 2 ? [] : [`events: ${events}`]),
      ...(spent === paid ? [] : [`spent: ${spent} of ${paid}`]),
      ...(new RegExp(`^${wanted.events.replaceAll(' ready?', '( ready)?')}$`).test(events) ? [] : [`events: ${events}`]),
      ...(final.join() === wanted.final.join() ? [] : [`final: ${final.join(' ')}`]),
    ],
    calls,
  };
}

function isOver({ state, command, results }: Run): boolean {
  return isFinal(state) && (command === null || results?.state === 'published');
}

/** Nothing of a worker can be made on the node. */
function failCreations(node: MemoryNode, worker: string): void {
  const create = node.create.bind(node);
  node.create = (type, name, ...more) => {
    if (name.startsWith(`${worker}/`)) throw new Error('connection reset by peer');
    return create(type, name, ...more);
  };
}

async function asked({ events }: Service, id: string): Promise<boolean> {
  return (await events(id)).includes('cancel_asked');
}

const reading =
  /^(time|info|list|inspect|events|logs|kills|usage)\b|^store (run|runs|unfinished|attempts|events|setting|withDueResults|nextResultsDue)\b/;

function classed(call: string): ClassedCall {
  return { what: call.replace(/ r[a-z2-7]{26}(-2)?/, ' worker$1'), changes: !reading.test(call) };
}

describe.each(Object.entries(lives))('a run %s', (_name, life) => {
  test('has one end, wherever the service is killed', { timeout }, async () => {
    const { wrong, calls } = await live(life);
    expect(wrong).toEqual([]);
    const classes = classesOf(calls.map(classed));
    const points = calls.flatMap((call, index) => moments.map((moment) => ({ at: index + 1, moment, call, class: classes[index]! })));
    expect(points.length).toBeGreaterThan(60);
    for (const { at, moment, call } of choose(points).taken) {
      const lived = await live(life, { at, moment });
      wrong.push(...lived.wrong.map((one) => `killed ${moment} ${call} (${at}): ${one}`));
    }
    expect(wrong).toEqual([]);
  });
});
