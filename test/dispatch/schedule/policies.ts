import type { Answer, Job, Machine, Policy, World } from './simulator.js';

/** Free amounts by machine. */
type Free = Map<string, { cpu: number; memory: number }>;

function freeNow({ machines, running }: World): Free {
  const free: Free = new Map(machines.map(({ name, cpu, memory }) => [name, { cpu, memory }]));
  for (const { job, machine } of running) take(free, job, machine);
  return free;
}

function take(free: Free, job: Job, machine: string): void {
  const left = free.get(machine)!;
  left.cpu -= job.cpu;
  left.memory -= job.memory;
}

/** The machine with the least free cpu on which the job fits, as the scheduler chooses. */
function choose(free: Free, job: Job): string | null {
  let best: string | null = null;
  for (const [name, left] of free) {
    if (job.cpu > left.cpu || job.memory > left.memory) continue;
    const than = best === null ? null : free.get(best)!;
    if (!than || left.cpu < than.cpu || (left.cpu === than.cpu && left.memory < than.memory)) best = name;
  }
  return best;
}

/** Starts jobs strictly in their order. */
export const fifo: Policy = (world) => {
  const free = freeNow(world);
  const starts: Answer['starts'] = [];
  for (const job of world.queue) {
    const machine = choose(free, job);
    if (machine === null) break;
    take(free, job, machine);
    starts.push({ job: job.id, machine });
  }
  return { starts, promises: [] };
};

/** Starts every job that fits, and promises the first that does not the time at which the summed capacity is enough. */
export const greedy: Policy = (world) => backfill(world, () => true);

/** As `greedy`, but a job may not delay the promised start in the summed capacity. */
export const summedEasy: Policy = (world) =>
  backfill(world, ({ job, shadow, extra }) => {
    if (world.now + job.asked <= shadow) return true;
    if (job.cpu > extra.cpu || job.memory > extra.memory) return false;
    extra.cpu -= job.cpu;
    extra.memory -= job.memory;
    return true;
  });

type Amounts = Pick<Machine, 'cpu' | 'memory'>;

function backfill(world: World, allowed: (one: { job: Job; shadow: number; extra: Amounts }) => boolean): Answer {
  const free = freeNow(world);
  const starts: Answer['starts'] = [];
  const started: { job: Job; start: number }[] = [];
  let head: { id: number; shadow: number; extra: Amounts } | null = null;
  for (const job of world.queue) {
    const machine = choose(free, job);
    if (machine === null) {
      head ??= { id: job.id, ...shadowOf(job, free, [...world.running, ...started]) };
    } else if (!head || allowed({ ...head, job })) {
      take(free, job, machine);
      starts.push({ job: job.id, machine });
      started.push({ job, start: world.now });
    }
  }
  return { starts, promises: head && head.shadow < Infinity ? [{ job: head.id, by: head.shadow }] : [] };
}

/** When the ends of running jobs have left enough for the job over all machines, and what is left then beside it. */
function shadowOf(job: Job, free: Free, running: readonly { job: Job; start: number }[]): { shadow: number; extra: Amounts } {
  const extra = { cpu: -job.cpu, memory: -job.memory };
  for (const { cpu, memory } of free.values()) [extra.cpu, extra.memory] = [extra.cpu + cpu, extra.memory + memory];
  const ends = running.map((one) => ({ job: one.job, end: one.start + one.job.asked })).sort((a, b) => a.end - b.end);
  for (const { job: other, end } of ends) {
    extra.cpu += other.cpu;
    extra.memory += other.memory;
    if (extra.cpu >= 0 && extra.memory >= 0) return { shadow: end, extra };
  }
  return { shadow: Infinity, extra };
}
