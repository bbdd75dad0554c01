/**
 * Replays jobs under a policy and counts the promises that it keeps. It shares no code with the scheduler: whether a job fits, when it ends
 * and whether a promise was kept is its own arithmetic. Times in seconds.
 */
export interface Job {
  id: number;
  submit: number;
  /** How long it really runs; at most `asked`. */
  run: number;
  asked: number;
  cpu: number;
  memory: number;
}

export interface Machine {
  name: string;
  cpu: number;
  memory: number;
}

export interface Running {
  job: Job;
  machine: string;
  start: number;
}

/** The world as a policy sees it: it does not see when a job really ends. */
export interface World {
  now: number;
  machines: readonly Machine[];
  /** In the order of submission. */
  queue: readonly Job[];
  running: readonly Running[];
}

export interface Answer {
  starts: { job: number; machine: string }[];
  /** Starts that are promised now: the job, and the latest time. */
  promises: { job: number; by: number }[];
}

export type Policy = (world: World) => Answer;

export interface Result {
  /** Seconds by job. */
  waits: Map<number, number>;
  promised: number;
  broken: number;
  mean: number;
  passes: number;
}

/** @throws where a job is started that does not wait, or on a machine that has no room for it */
export function simulate(jobs: readonly Job[], machines: readonly Machine[], policy: Policy): Result {
  const arrivals = [...jobs].sort((a, b) => a.submit - b.submit || a.id - b.id);
  const queue = new Map<number, Job>();
  const running = new Map<number, Running & { end: number }>();
  const free = new Map(machines.map((machine) => [machine.name, { cpu: machine.cpu, memory: machine.memory }]));
  const promised = new Set<number>();
  /** Of jobs that wait. */
  const open = new Map<number, number>();
  const broken = new Set<number>();
  const waits = new Map<number, number>();
  let [next, passes] = [0, 0];
  for (let now = -Infinity; ;) {
    const due = [...open.values()].filter((by) => by > now);
    now = Math.min(arrivals[next]?.submit ?? Infinity, ...[...running.values()].map(({ end }) => end), ...due);
    if (now === Infinity) break;
    for (const [id, { job, machine, end }] of running) {
      if (end > now) continue;
      running.delete(id);
      const left = free.get(machine)!;
      left.cpu += job.cpu;
      left.memory += job.memory;
    }
    for (; arrivals[next] && arrivals[next]!.submit <= now; next += 1) queue.set(arrivals[next]!.id, arrivals[next]!);
    const answer = policy({ now, machines, queue: [...queue.values()], running: [...running.values()] });
    passes += 1;
    for (const { job: id, machine } of answer.starts) {
      const job = queue.get(id);
      const left = free.get(machine);
      if (!job || !left) throw new Error(`job ${id} cannot start on ${machine}: one of them is unknown`);
      if (job.cpu > left.cpu || job.memory > left.memory) throw new Error(`job ${id} has no room on ${machine} at ${now}`);
      left.cpu -= job.cpu;
      left.memory -= job.memory;
      queue.delete(id);
      running.set(id, { job, machine, start: now, end: now + Math.min(job.run, job.asked) });
      waits.set(id, now - job.submit);
      if (now > (open.get(id) ?? Infinity)) broken.add(id);
      open.delete(id);
    }
    for (const { job, by } of answer.promises) {
      const before = open.get(job) ?? Infinity;
      if (by > before) broken.add(job);
      open.set(job, Math.min(before, by));
      promised.add(job);
    }
  }
  if (queue.size > 0) throw new Error(`${queue.size} jobs never started`);
  const mean = [...waits.values()].reduce((sum, wait) => sum + wait, 0) / waits.size;
  return { waits, promised: promised.size, broken: broken.size, mean, passes };
}
