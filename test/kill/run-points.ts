import type { OnCall } from '../support/docker-proxy.js';
import { counter, formatPoint, kindOf, leavesIntent, moments, type Point, pointsOf } from './call-points.js';
import { choose } from './classes.js';
import type { Lane } from './lanes.js';
import { killKeeper } from '../support/processes.js';
import { applyAgain, recover, type Recovery } from './recovery.js';
import { openStage, type Stage } from './stage.js';

/** The process that is to be killed. */
export interface Victim {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it has come to its end, or to its death. */
  done: Promise<unknown>;
}

export interface Scenario {
  name: string;
  /** What there is before; its calls don't count, it makes none on the proxy. */
  prepare(stage: Stage): Promise<void>;
  /** All calls on the proxy are of what it starts. */
  start(stage: Stage): Promise<Victim>;
  spec(worker: string, unharmed: boolean): Record<string, unknown>;
  /** What comes after the kill, in turn. */
  recoveries: readonly Recovery[];
  /** The calls at which it is killed, as their kinds; default: all. */
  only?: RegExp;
  /** What is wrong after the recovery, beside what is left of the worker. */
  check?(stage: Stage): Promise<string[]>;
  /** Milliseconds that the daemon's clock is ahead for the one that is killed. */
  ahead?: number;
}

export interface Score {
  scenario: string;
  calls: number;
  /** Points at which the process was to be killed. */
  taken: number;
  /** A line for each class of points that are not taken. */
  dropped: string[];
  /** Points of the unharmed run at which the process was killed. */
  reached: number;
  /** The run took another way: it polled fewer times. */
  missed: string[];
  /** What was left, or otherwise wrong, after the one command. */
  leaks: string[];
}

/** How many unharmed runs are counted: a call belongs to the list when all of them make it, however often they poll. */
const unharmedRuns = 3;

const patient: Recovery = 'destroy';

/** Kills at three moments of a call of each class, or of every call, and cleans up with one command each time. */
export async function runPoints(scenario: Scenario, lanes: readonly Lane[]): Promise<Score> {
  const runs = await Promise.all(lanes.slice(0, unharmedRuns).map((lane) => unharmed(scenario, lane)));
  const { points, varying } = pointsOf(runs);
  const { taken, dropped } = choose(points.filter(({ kind }) => scenario.only?.test(kind) ?? true));
  dropped.push(...varying.map((call) => `not taken: 3 points of ${call}, which not every unharmed run calls`));
  const score: Score = {
    scenario: scenario.name,
    calls: points.length / moments.length,
    taken: taken.length,
    dropped,
    reached: 0,
    missed: [],
    leaks: [],
  };
  const queue = taken.map((point, index) => ({ point, index }));
  const work = async (lane: Lane) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { point, index } = next;
      const outcome = await killAt(scenario, lane, point, index);
      if (outcome.hit) score.reached += 1;
      else score.missed.push(formatPoint(point));
      const leaks = outcome.wrong.map((text) => `${scenario.name}, killed ${formatPoint(point)}, then ${outcome.recovery}: ${text}`);
      for (const leak of leaks) process.stderr.write(`${leak}\n`);
      score.leaks.push(...leaks);
    }
  };
  // All lanes end before an error is reported: a lane that goes on would act within the next scenario.
  const ended = await Promise.allSettled(lanes.map(work));
  for (const one of ended) if (one.status === 'rejected') throw one.reason as Error;
  return score;
}

/** @returns the kinds of its calls, in order */
async function unharmed(scenario: Scenario, lane: Lane): Promise<string[]> {
  const stage = await openStage(lane.worker, scenario.spec(lane.worker, true), aheadOf(scenario));
  try {
    await scenario.prepare(stage);
    const victim = await scenario.start(stage);
    await victim.done;
    await killKeeper(stage.machine);
    const kinds = stage.proxy.calls.map((call) => kindOf(call, lane.worker));
    const wrong = [...(await recover(stage, patient)), ...((await scenario.check?.(stage)) ?? [])];
    // What is gone already, its history knows.
    if (wrong.length > 0) throw new Error(`${scenario.name}, unharmed: ${wrong.join('\n')}`);
    return kinds;
  } finally {
    await stage.close();
  }
}

function aheadOf({ ahead }: Scenario): { ahead?: number } {
  return ahead === undefined ? {} : { ahead };
}

interface Outcome {
  hit: boolean;
  recovery: Recovery;
  wrong: string[];
}

async function killAt(scenario: Scenario, { worker, lookalikes }: Lane, point: Point, index: number): Promise<Outcome> {
  const recovery = scenario.recoveries[index % scenario.recoveries.length]!;
  // A keeper that lives on would end it too; the sweep must do without.
  const keeperToo = recovery.startsWith('gc') || index % 8 < 4;
  const trap = trapAt(point, worker);
  const stage = await openStage(worker, scenario.spec(worker, false), { ...aheadOf(scenario), onCall: trap.onCall });
  try {
    await scenario.prepare(stage);
    const victim = await scenario.start(stage);
    trap.arm(async () => {
      await victim.kill();
      if (keeperToo) await killKeeper(stage.machine);
    });
    await Promise.race([victim.done, trap.sprung]);
    await trap.settled();
    // One that was only just being started.
    if (recovery.startsWith('gc')) await killKeeper(stage.machine);
    const wrong = recovery.startsWith('apply') ? await applyAgain(stage, trap.hit() && leavesIntent(point)) : [];
    wrong.push(...(await recover(stage, recovery)), ...((await scenario.check?.(stage)) ?? []));
    for (const one of lookalikes) wrong.push(...(await one.touched()).map((name) => `touched: ${name}`));
    return { hit: trap.hit(), recovery, wrong };
  } finally {
    await stage.close();
  }
}

interface Trap {
  onCall: OnCall;
  /** What kills; calls wait for it where they come first. */
  arm(die: () => Promise<void>): void;
  /** Resolves when it has killed. */
  sprung: Promise<void>;
  settled(): Promise<void>;
  hit(): boolean;
}

function trapAt(point: Point, worker: string): Trap {
  const count = counter(worker);
  let arm: (die: () => Promise<void>) => void = () => undefined;
  const armed = new Promise<() => Promise<void>>((resolve) => (arm = resolve));
  let spring: () => void = () => undefined;
  const sprung = new Promise<void>((resolve) => (spring = resolve));
  let killing: Promise<void> | null = null;
  return {
    onCall: async (call) => {
      const { kind, nth } = count(call);
      if (killing || call.moment !== point.moment || kind !== point.kind || nth !== point.nth) return undefined;
      killing = armed.then((die) => die()).then(spring);
      await killing;
      return 'drop';
    },
    arm,
    sprung,
    settled: async () => killing ?? undefined,
    hit: () => killing !== null,
  };
}
