import { decide } from '../../../src/dispatch/schedule/decide.js';
import type { Held, Request, Snapshot, WaitingRun } from '../../../src/dispatch/schedule/snapshot.js';
import type { Job, Policy } from './simulator.js';

/** The scheduler as a policy of the simulator: one organisation, no create time, no margin. */
export function reservations(depth = 1): Policy {
  const held = new Map<number, Held>();
  const waiting = new Map<number, WaitingRun>();
  const requests = new Map<string, Request>();
  const requestOf = ({ cpu, memory, asked }: Job): Request => {
    const key = `${cpu} ${memory} ${asked}`;
    const request = requests.get(key) ?? { asks: { cpu, memory, storage: 0 }, life: asked, making: 0, class: 'all' };
    requests.set(key, request);
    return request;
  };
  const waitingOf = (job: Job): WaitingRun => {
    const run = waiting.get(job.id) ?? newRun(job, requestOf(job));
    waiting.set(job.id, run);
    const promise = held.get(job.id);
    return promise ? { ...run, held: promise } : run;
  };
  return ({ now, machines, queue, running }) => {
    const snapshot: Snapshot = {
      now,
      nodes: machines.map(({ name, cpu, memory }) => ({
        name,
        capacity: { cpu, memory, storage: null, workers: null },
        ...{ making: null, closed: null, emptyBy: null, paid: false, skew: 0 },
        busy: running
          .filter(({ machine }) => machine === name)
          .map(({ job, start }) => ({
            ...{ id: String(job.id), organisation: 'o', asks: requestOf(job).asks, until: start + job.asked, makingUntil: null },
          })),
      })),
      waiting: queue.map((job) => waitingOf(job)),
      organisations: {},
      classes: { all: machines.map(({ name }) => name) },
      settings: { depth, batch: Infinity },
    };
    const { placements, reservations: promises } = decide(snapshot);
    held.clear();
    for (const { run, node, startsBy, order } of promises) held.set(Number(run), { node, startsBy, order });
    return {
      starts: placements.map(({ run, node }) => ({ job: Number(run), machine: node })),
      promises: promises.map(({ run, startsBy }) => ({ job: Number(run), by: startsBy })),
    };
  };
}

function newRun(job: Job, request: Request): WaitingRun {
  return {
    ...{ id: String(job.id).padStart(9, '0'), organisation: 'o', priority: 500, createdAt: job.submit, request },
    ...{ avoid: null, notBefore: null, fresh: true, bid: false, maxWait: null, held: null },
  };
}
