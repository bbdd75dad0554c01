import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import { MayflyError } from '../../src/errors.js';
import { sweep } from '../../src/lease/sweep.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import type { Call } from '../../src/worker/call.js';
import { all, choose, classesOf } from '../kill/classes.js';
import { kill, killKeeper } from '../support/processes.js';
import type { AwsMoment } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { openStage, type Scenario, scenarios, worker } from './kill-stage.js';
import { callsTo, inventory, seedLookalikes } from './lookalikes.js';
import { make, openCall, specOf } from './make.js';

/** Milliseconds after which the hours of every worker of these tests are over. */
const pastDeadline = 3 * 3600 * 1000;

interface Point {
  action: string;
  /** From 0, among the calls of its action. */
  nth: number;
  moment: AwsMoment;
  class: string;
}

const moments: readonly AwsMoment[] = ['before', 'acted', 'after'];

/** What comes after the kill, in turn; `elsewhere`: by a machine that knows nothing. */
const recoveries = ['destroy', 'gc elsewhere', 'apply, destroy', 'destroy elsewhere', 'gc'] as const;

/** Calls that change nothing. Between two changes they are one class. */
const reads = /:(Get(?!.*Token)|Describe|List|GET )/;

/** An emulator, and one point after the other on it, between the same lookalikes. */
interface Lane {
  moto: Moto;
  aws: Aws;
  /** What is there beside the worker; `null` where a point has left something else, or nothing was done yet. */
  theirs: string[] | null;
}

async function tidied(lane: Lane): Promise<string[]> {
  if (lane.theirs === null) {
    await lane.moto.reset();
    await seedLookalikes(lane.aws, worker);
    lane.theirs = await inventory(lane.moto);
  }
  // Each run finds the cluster missing.
  await lane.aws.ecs.deleteCluster({ cluster: 'mayfly' }).catch(() => undefined);
  return lane.theirs;
}

describe.skipIf(!motoAvailable())('killed at a call to AWS of each class, one command leaves nothing', () => {
  let lanes: Lane[] = [];
  beforeAll(async () => {
    const motos = await Promise.all([startMoto(), startMoto()]);
    lanes = motos.map((moto) => ({ moto, aws: callsTo(moto.env), theirs: null }));
  });
  afterAll(async () => {
    for (const { moto, aws } of lanes) {
      aws.close();
      await moto.close();
    }
  });

  test.each(scenarios)('$name', { timeout: all ? 900_000 : 300_000 }, async (scenario) => {
    const runs = await Promise.all(lanes.map((lane) => unharmed(lane, scenario)));
    const { points, varying } = pointsOf(runs[0]!, runs[1]!);
    const { taken, dropped } = choose(points);
    dropped.push(...varying.map((call) => `not taken: 3 points of ${call}, which not every unharmed run calls`));
    const queue = taken.map((point, index) => ({ point, index }));
    const wrong: string[] = [];
    const missed: string[] = [];
    const work = async (lane: Lane) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { point, index } = next;
        const recovery = recoveries[index % recoveries.length]!;
        const at = `${scenario.name}, killed ${point.moment} ${point.action} #${point.nth + 1}, then ${recovery}`;
        const outcome = await killAt(lane, scenario, point, recovery);
        if (!outcome.hit) missed.push(at);
        for (const text of outcome.wrong) process.stderr.write(`${at}: ${text}\n`);
        wrong.push(...outcome.wrong.map((text) => `${at}: ${text}`));
      }
    };
    await Promise.all(lanes.map(work));
    process.stdout.write(
      `aws ${scenario.name}: ${runs[0]!.length} calls, ${taken.length - missed.length} of ${points.length} kill points, ${wrong.length} leaks, ${missed.length} not reached\n`,
    );
    for (const line of dropped) process.stdout.write(`  ${line}\n`);
    expect(wrong).toEqual([]);
    expect(missed.filter((at) => !reads.test(at))).toEqual([]);
    expect(missed.length).toBeLessThanOrEqual(taken.length * 0.15);
  });
});

/** @returns the actions of its calls, in order */
async function unharmed(lane: Lane, scenario: Scenario): Promise<string[]> {
  await tidied(lane);
  const stage = await openStage(lane.moto, scenario, () => undefined);
  try {
    const failed = await (await scenario.start(stage)).done;
    if (failed !== null) throw new Error(`${scenario.name}, unharmed: ${failed}`);
    return stage.calls.map(({ action }) => action);
  } finally {
    await stage.close();
    lane.theirs = null;
  }
}

/** Three moments of each call that both unharmed runs make; `varying`: the calls that only the first makes. */
function pointsOf(first: readonly string[], second: readonly string[]): { points: Point[]; varying: string[] } {
  const classes = classesOf(first.map((action) => ({ what: reads.test(action) ? 'a read' : action, changes: !reads.test(action) })));
  const counts = new Map<string, number>();
  const varying: string[] = [];
  const points = first.flatMap((action, i) => {
    const nth = counts.get(action) ?? 0;
    counts.set(action, nth + 1);
    if (second.filter((other) => other === action).length <= nth) {
      varying.push(`${action} #${nth + 1}`);
      return [];
    }
    return moments.map((moment) => ({ action, nth, moment, class: classes[i]! }));
  });
  return { points, varying };
}

async function killAt(lane: Lane, scenario: Scenario, point: Point, recovery: (typeof recoveries)[number]) {
  const counts = new Map<string, number>();
  const numbers = new Map<number, number>();
  let pid: (value: number) => void = () => undefined;
  const victim = new Promise<number>((resolve) => (pid = resolve));
  let hit = false;
  await tidied(lane);
  const stage = await openStage(lane.moto, scenario, async ({ index, action, moment }) => {
    if (!numbers.has(index)) {
      numbers.set(index, counts.get(action) ?? 0);
      counts.set(action, (counts.get(action) ?? 0) + 1);
    }
    if (hit || moment !== point.moment || action !== point.action || numbers.get(index) !== point.nth) return undefined;
    hit = true;
    await kill(await victim);
    return 'drop';
  });
  try {
    const started = await scenario.start(stage);
    pid(started.pid);
    await started.done;
    await killKeeper(stage.machine);
    await stage.settled();
    const wrong = await recover(lane, recovery, stage.machine.stateDir);
    const after = await inventory(lane.moto);
    const theirs = lane.theirs ?? [];
    wrong.push(...after.filter((one) => !theirs.includes(one)).map((one) => `left: ${one}`));
    wrong.push(...theirs.filter((one) => !after.includes(one)).map((one) => `touched: ${one}`));
    if (wrong.length > 0) lane.theirs = null;
    return { hit, wrong };
  } finally {
    await stage.close();
  }
}

/** In this process, on the emulator's own address. @returns what is wrong */
async function recover({ moto }: Lane, recovery: (typeof recoveries)[number], stateDir: string): Promise<string[]> {
  const call = await openCall(moto.env, recovery.endsWith('elsewhere') ? undefined : stateDir);
  try {
    if (recovery.startsWith('apply')) await make(call, specOf(worker));
    if (recovery.startsWith('gc')) return await collect(call, await call.openNode('aws'));
    await destroyWorker(call, worker, { backend: 'aws' });
    return [];
  } catch (error) {
    // Promise 5: a name that nothing knows is an error. That something is left is told apart from it.
    if (error instanceof MayflyError && error.code === 'worker_unknown') return [];
    return [`${recovery}: ${String(error)}`];
  } finally {
    call.close();
  }
}

async function collect(call: Call, backend: Backend): Promise<string[]> {
  const late = { ...backend, clockSkew: () => Promise.resolve(pastDeadline) };
  const { workers } = await sweep({ backend: late, layout: call.layout, clock: call.clock, dryRun: false, lockTimeout: 0 });
  return workers.flatMap(({ error }) => (error ? [`gc: ${error.message}`] : []));
}
