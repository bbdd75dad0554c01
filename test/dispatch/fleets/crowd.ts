import { labelKeys } from '../../../src/labels.js';
import { isOutstanding } from '../../../src/tasks/task.js';
import { organisation } from '../http/scene.js';
import { random } from '../schedule/seeded-trace.js';
import { type Service, serving } from '../scene.js';
import { addFleet, workersOf } from './scene.js';

/** Tasks of 2 to 5 s over a fleet in memory whose workers are killed. Times in seconds. */
export interface Crowd {
  /** Tasks that arrive together, and when, in order. */
  bursts: readonly { at: number; tasks: number }[];
  min: number;
  max: number;
  /** The most workers of the organisation at the same time. Default: no limit. */
  most?: number;
  /** Of the kills, and of the lengths of the tasks. */
  seed: number;
}

export interface CrowdReport {
  /** Numbers of tasks, by their final states and the numbers of their final events, such as `completed 1`. */
  ends: Record<string, number>;
  kills: number;
  /** The most runs of the fleet at the same time, also those that wait. */
  mostRuns: number;
  /** From the first task to the end of the last one. */
  makespan: number;
  /** The lives of all workers on the node up to that end, together. */
  workerSeconds: number;
  /** The longest time that a worker beyond `min` was on the node without a task. */
  longestIdle: number;
  /** Workers that are left on the node at the end. */
  left: number;
  /** Types of the fleet's events, with their reasons. */
  story: string[];
}

/** Seconds after which a worker without a task is ended. */
export const idle = 20;

/** A worker takes five at once. */
const task = { command: ['work'], timeout: 60_000, attempts: 100, priority: 500, cpu: 10, memory: 3 };

/** Of a worker's kill within a second. */
const killChance = 0.01;

/** @throws Error if a task has no final state after an hour */
export async function runCrowd({ bursts, min, max, most, seed }: Crowd): Promise<CrowdReport> {
  const next = random(seed);
  const working: { until: number; end(code: number): void }[] = [];
  const work = () => new Promise<number>((end) => working.push({ until: at() + 2 + Math.floor(next() * 4), end }));
  const scene = await serving({ programs: { work } });
  const { clock, node, hand } = scene;
  const began = clock.now();
  const at = () => (clock.now() - began) / 1000;
  const organisations = new Map([['team', organisation(most === undefined ? {} : { most: { workers: most } })]]);
  const service = await scene.serve({}, undefined, undefined, { organisations });
  const { tasks, fleets } = service.dispatcher;
  const fleet = await addFleet(service, { min, max, idle: idle * 1000 });

  const ids: string[] = [];
  const submit = async () => {
    const { task: made } = await tasks.intake.submit({ ...task, pool: { fleet }, sealed: () => null, bodyHash: 'a' });
    ids.push(made.id);
  };
  const busyAt = new Map<string, number>();
  const lookAtWorkers = () => {
    const busy = new Set([...tasks.tasks.all()].filter(isOutstanding).map(({ worker }) => worker));
    const names = new Set(node.list().map(({ labels }) => labels[labelKeys.worker]!));
    for (const name of names) if (busy.has(name) || !busyAt.has(name)) busyAt.set(name, at());
    const idleFor = [...names].map((name) => at() - busyAt.get(name)!).sort((a, b) => b - a);
    report.longestIdle = Math.max(report.longestIdle, ...idleFor.slice(min));
    return names.size;
  };
  const killSome = () => {
    for (const { state, worker } of workersOf(service, fleet)) {
      if (state !== 'running' || next() >= killChance) continue;
      hand.exit(worker!, 'engine', 137);
      report.kills += 1;
    }
  };

  const report: CrowdReport = { ends: {}, kills: 0, mostRuns: 0, makespan: 0, workerSeconds: 0, longestIdle: 0, left: 0, story: [] };
  const waiting = [...bursts];
  while (waiting.length > 0 || tasks.tasks.size > 0) {
    if (at() > 3600) throw new Error(`${tasks.tasks.size} tasks have no final state`);
    if (waiting[0] && waiting[0].at <= at()) await Promise.all(Array.from({ length: waiting.shift()!.tasks }, submit));
    const due = working.filter(({ until }) => until <= at());
    for (const one of due) working.splice(working.indexOf(one), 1)[0]!.end(0);
    killSome();
    await clock.advance(1000);
    report.workerSeconds += lookAtWorkers();
    report.mostRuns = Math.max(report.mostRuns, fleets.runsOf(fleet.id).length);
  }
  report.makespan = at() - bursts[0]!.at;
  for (let left = idle + 5; left > 0; left -= 1) {
    await clock.advance(1000);
    report.left = lookAtWorkers();
  }
  return { ...report, ends: await endsOf(service, fleet.id, ids), story: await reasonsOf(service, fleet.id) };
}

async function endsOf({ store }: Service, fleet: string, ids: readonly string[]): Promise<Record<string, number>> {
  const events = [...(await store.events({ limit: 1_000_000 })), ...(await store.fleets.events({ fleet, limit: 1_000_000 }))];
  const finals = new Map<unknown, number>();
  for (const { type, data } of events)
    if (/^task_(completed|failed|stopped)$/.test(type)) finals.set(data['task'], (finals.get(data['task']) ?? 0) + 1);
  const ends: Record<string, number> = {};
  for (const id of ids) {
    const end = `${(await store.tasks.task(id))!.state} ${finals.get(id) ?? 0}`;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return ends;
}

async function reasonsOf({ store }: Service, fleet: string): Promise<string[]> {
  const events = await store.fleets.events({ fleet, limit: 1_000_000 });
  const all = events.flatMap(({ type, data }) =>
    type.startsWith('task_') ? [] : [[type, data['why'] ?? data['code']].filter(Boolean).join(' ')],
  );
  return [...new Set(all)].sort();
}
