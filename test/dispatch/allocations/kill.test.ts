import { v5 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../../src/errors.js';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { isFinal, type Task } from '../../../src/tasks/task.js';
import { choose, classesOf, type ClassedCall, timeout } from '../../kill/classes.js';
import { smallSpec } from '../../memory/scene.js';
import { addFleet } from '../fleets/scene.js';
import { installation, type Service, serving } from '../scene.js';
import { successionOf } from '../succession.js';

const moments = ['before', 'after'] as const;
type Moment = (typeof moments)[number];

/** Milliseconds of the stepped clock between two looks of the test. */
const step = 1000;
/** Steps after which an allocation is stuck. */
const mostSteps = 120;

interface Life {
  /** What happens when the first task of the allocation is first seen running. */
  act: 'worker dies' | 'free' | 'nothing';
  /** The ends of the two allocations: the second one waits for the first one's worker. */
  reasons: [first: string, second: string];
  /** Final states of the first allocation's tasks: one that runs, and one that waits for it. */
  tasks: [string, string];
}

/** Both allocations last for 20 s, and are renewed every second. */
const lives: Record<string, Life> = {
  'that ends before its task': { act: 'nothing', reasons: ['expired', 'expired'], tasks: ['completed', 'stopped'] },
  'that is freed': { act: 'free', reasons: ['freed', 'expired'], tasks: ['completed', 'stopped'] },
  'whose worker dies': { act: 'worker dies', reasons: ['worker_lost', 'expired'], tasks: ['failed', 'failed'] },
};

interface Lived {
  /** Every difference from the life as it should be. */
  wrong: string[];
  /** Calls of the first process up to the end, in order. */
  calls: string[];
}

const ids = {
  allocations: ['one', 'two'].map((key) => v5(`allocation\nteam\n${key}`, installation)) as [string, string],
  tasks: ['runs', 'waits'].map((key) => v5(`task\nteam\n${key}`, installation)) as [string, string],
};

/** Lives the whole life of two allocations of a fleet with one worker. `death`: the first process dies at one of its calls, and another one follows. */
async function live({ act, reasons, tasks }: Life, death?: { at: number; moment: Moment }): Promise<Lived> {
  const { clock, hand, serve } = await serving();
  const first = await serve({}, (faults) => death && faults.crashAt(death.at, death.moment));
  const life = successionOf(first, () => serve());
  const { succeed } = life;
  /** A refusal is an answer. */
  const ask = (request: (service: Service) => Promise<unknown>) =>
    life.ask((to) =>
      request(to).catch((error: unknown) => {
        if (!(error instanceof MayflyError)) throw error;
      }),
    );
  const { store } = first;
  const spec = smallSpec({ max_duration: 240, create_timeout: 20, cpu: 1000, memory: 512 });
  await ask((to) => addFleet(to, { min: 1, max: 1, spec }));
  await clock.advance(5000);
  await succeed();
  const fleetOf = ({ dispatcher }: Service) => dispatcher.fleets.find('team', 'crew')!;
  for (const key of ['one', 'two'])
    await ask((to) =>
      to.dispatcher.tasks.allocationCommands.add({
        ...{
          organisation: 'team',
          fleet: () => fleetOf(to),
          min: { cpu: 1000, memory: 512 },
          max: { cpu: 1000, memory: 512 },
          labels: {},
          ttl: 20_000,
        },
        ...{ interval: 10_000, key, bodyHash: 'a', by: 'test' },
      }),
    );
  const allocation = async (at: 0 | 1) => (await store.allocations.allocation(ids.allocations[at]))!;
  const task = async (at: 0 | 1) => (await store.tasks.task(ids.tasks[at]))!;
  for (const key of ['runs', 'waits'])
    await ask(async (to) =>
      to.dispatcher.tasks.intake.submit({
        pool: to.dispatcher.tasks.intake.poolOfAllocation(await allocation(0)),
        ...{ command: ['serve'], timeout: 100_000, attempts: 1, priority: key === 'runs' ? 600 : 500 },
        ...{ sealed: () => null, key, bodyHash: 'b' },
      }),
    );
  const exit = ({ id, worker, attempt }: Task) =>
    hand.endCommand(worker!, 'engine', commandIdOf({ id, attempt }), { state: 'exited', code: 0 });
  let acted = false;
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const [one, two, runs, waits] = [await allocation(0), await allocation(1), await task(0), await task(1)];
    if ([one, two].every(({ state }) => state === 'ended') && [runs, waits].every(({ state }) => isFinal(state)) && !(await succeed()))
      break;
    if (runs.state === 'running' && !acted) {
      acted = true;
      if (act === 'worker dies') hand.exit(runs.worker!, 'engine', 137);
      if (act === 'free') await ask((to) => to.dispatcher.tasks.allocationCommands.free(one));
    }
    // It runs for 10 s beyond the end of its allocation.
    if (runs.state === 'running' && one.state === 'closing' && one.reason !== 'worker_lost' && clock.now() - one.grantedAt! > 30_000)
      exit(runs);
    for (const open of [one, two]) if (open.state !== 'ended') await ask((to) => to.dispatcher.tasks.allocationCommands.renew(open, null));
    await clock.advance(step);
    await succeed();
  }
  const calls = [...first.client.faults.calls];
  const wrong = await differences(first, life.service, { reasons, tasks });
  await life.service.close();
  return { wrong, calls };
}

async function differences({ store }: Service, { dispatcher }: Service, { reasons, tasks }: Omit<Life, 'act'>): Promise<string[]> {
  const found = await Promise.all(ids.allocations.map((id) => store.allocations.allocation(id)));
  const ends = await Promise.all(ids.tasks.map((id) => store.tasks.task(id)));
  const events = await store.fleets.events({ fleet: found[0]!.fleet, limit: 1000 });
  const own = events
    .filter(({ type }) => type.startsWith('allocation_'))
    .map(({ type, data }) => `${type} ${ids.allocations.indexOf(String(data['allocation']))}`);
  const expected = ['waiting 0', 'waiting 1', 'granted 0', 'closing 0', 'ended 0', 'granted 1', 'closing 1', 'ended 1'].map(
    (one) => `allocation_${one}`,
  );
  const states = ends.map((task) => task?.state).join();
  return [
    ...(found.map((one) => one?.reason).join() === reasons.join()
      ? []
      : [`reasons: ${found.map((one) => `${one?.state} ${one?.reason}`).join()}`]),
    ...(states === tasks.join() ? [] : [`tasks: ${states}`]),
    // The resources of one are given to the other only after its end.
    ...(own.toSorted().join() === expected.toSorted().join() ? [] : [`events: ${own.join(', ')}`]),
    ...(own.indexOf('allocation_ended 0') < own.indexOf('allocation_granted 1') ? [] : [`turns: ${own.join(', ')}`]),
    ...(dispatcher.tasks.allocations.size === 0 && dispatcher.tasks.tasks.size === 0 ? [] : ['an allocation or a task is in memory']),
  ];
}

const reading =
  /^(time|info|list|inspect|events|logs|kills|usage)\b|^store (run|runs|unfinished|attempts|events|setting|task|sealed|allocation|living)\b/;

function classed(call: string): ClassedCall {
  return { what: call.replace(/ r[a-z2-7]{26}(-2)?/, ' worker$1'), changes: !reading.test(call) };
}

describe.each(Object.entries(lives))('an allocation %s', (_name, life) => {
  test('is granted once and ends once, wherever the service is killed', { timeout }, async () => {
    const { wrong, calls } = await live(life);
    expect(wrong).toEqual([]);
    const classes = classesOf(calls.map(classed));
    const begin = calls.findIndex((call) => call === 'store insert') + 1;
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
