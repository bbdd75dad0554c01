import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isFinal, type Task } from '../tasks/task.js';

/** The most names of functions, and of workers, that the numbers of an organisation have. Tasks of the others count as those of `other`. */
const mostNames = 100;
const other = 'other';

/** Numbers about the tasks of one organisation, by function and by worker. Another organisation does not see them: names are its own. */
export class TaskMetrics {
  private readonly registry = new Registry();
  private readonly functions = new Set<string>();
  private readonly ended = new Counter({
    name: 'mayfly_function_tasks_total',
    help: 'Ended tasks of a function, by state.',
    labelNames: ['function', 'state'],
    registers: [this.registry],
  });
  private readonly waits = this.histogram(
    'mayfly_function_wait_seconds',
    "Seconds from the creation of a function's task to its first begin.",
  );
  private readonly times = this.histogram('mayfly_function_run_seconds', "Seconds from the begin of a function's task to its end.");

  /** @param unfinished the organisation's tasks without a final state */
  constructor(unfinished: () => Task[]) {
    this.gauge('mayfly_function_tasks', 'Tasks of a function without a final state, by state.', ['function', 'state'], (gauge) => {
      for (const task of unfinished()) if (task.function !== null) gauge.inc({ function: this.nameOf(task.function), state: task.state });
    });
    this.gauge('mayfly_worker_tasks', 'Tasks that a worker has.', ['worker'], (gauge) => {
      const counts = new Map<string, number>();
      for (const { token, worker } of unfinished()) if (token !== null) counts.set(worker!, (counts.get(worker!) ?? 0) + 1);
      [...counts].forEach(([worker, count], at) => gauge.inc({ worker: at < mostNames ? worker : other }, count));
    });
  }

  /** Counts a task that has just got another state. */
  changed({ function: reference, state, attempt, createdAt, startedAt, finishedAt }: Task): void {
    if (reference === null) return;
    const name = this.nameOf(reference);
    if (state === 'running' && attempt === 1) this.waits.observe({ function: name }, (startedAt! - createdAt) / 1000);
    if (!isFinal(state)) return;
    this.ended.inc({ function: name, state });
    if (startedAt !== null) this.times.observe({ function: name }, (finishedAt! - startedAt) / 1000);
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** The name of a function, without the revision. */
  private nameOf(reference: string): string {
    const name = reference.split('@')[0]!;
    if (this.functions.size < mostNames) this.functions.add(name);
    return this.functions.has(name) ? name : other;
  }

  private histogram(name: string, help: string): Histogram<'function'> {
    return new Histogram({ name, help, labelNames: ['function'], registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    new Gauge({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect() {
        this.reset();
        collect(this);
      },
    });
  }
}
