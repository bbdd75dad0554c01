import { containerStates } from '../../backends/ports/containers.js';
import { engineName, everyContainer, graceSeconds, type WorkerSpec } from '../../spec/worker-spec.js';
import type { TaskResources, TaskWorker, WorkerSource } from '../../tasks/worker.js';
import type { Node } from '../nodes/node.js';
import type { Run } from '../run.js';

/** Milliseconds before the end of its lease from which on a worker takes no task: its own TERM and KILL begin at the end. */
export const endMargin = graceSeconds * 1000;

/** A run's queue has one worker: that of its current attempt, while it is ready. */
export class RunWorkers implements WorkerSource {
  constructor(
    private readonly runs: { get(id: string): Run | undefined },
    private readonly nodes: ReadonlyMap<string, Pick<Node, 'skew' | 'watch'>>,
    /** Whether a node runs modules of WebAssembly. */
    private readonly runsModules: (node: string) => boolean,
  ) {}

  workersOf(queue: string): TaskWorker[] {
    const run = this.runs.get(queue);
    if (run?.state !== 'running' || run.worker === null || run.spec === null) return [];
    const node = this.nodes.get(run.node ?? '');
    const seen = containerStates(node?.watch.last?.workers.get(run.worker) ?? [], []);
    const stopped = seen.filter(({ status }) => status !== 'running' && status !== 'unhealthy').map(({ container }) => container);
    // The worker ends with its engine.
    if (stopped.includes(engineName)) return [];
    const ends = run.ends ?? (run.until ?? 0) * 1000;
    const containers = new Map([...roomsOf(run.spec)].filter(([name]) => !stopped.includes(name)));
    const modules = this.runsModules(run.node ?? '');
    return [{ name: run.worker, takesUntil: ends - (node?.skew ?? 0) - endMargin, containers, modules }];
  }
}

/** Resources of each container of a worker. */
export function roomsOf(spec: WorkerSpec): Map<string, TaskResources> {
  const own = { name: engineName, cpu: spec.cpu, memory: spec.memory };
  return new Map([own, ...everyContainer(spec)].map(({ name, cpu, memory }) => [name, { cpu, memory }]));
}

/** Whether a worker has a delivery: the run's current attempt made it, and nobody is ending it. */
export function holds(run: Run | undefined, worker: string | null): boolean {
  return run?.state === 'running' && run.worker === worker;
}
