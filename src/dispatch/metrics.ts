import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { circuitStates } from './nodes/circuit.js';
import { byNode, type Node } from './nodes/node.js';
import { isTaken } from './callbacks/schedule.js';
import type { Try, Webhooks } from './callbacks/webhook.js';
import { TaskMetrics } from './metrics-of-tasks.js';
import type { Observer } from './observer.js';
import { isFinal, type RunState, runStates } from './run.js';
import type { Runs } from './runs.js';
import { type Allocation, allocationStates } from '../tasks/allocations/allocation.js';
import { isFinal as isTaskFinal, type Task, taskStates } from '../tasks/task.js';

/** The parts that are read at each scrape. */
export interface Measured {
  runs: Pick<Runs, 'all'>;
  nodes: ReadonlyMap<string, Node>;
  tasks: { tasks: { all(): Iterable<Task> }; allocations: { all(): Iterable<Allocation> } };
}

/** Numbers about the service for Prometheus. No label has the id of a run, nor anything of a spec, but for an organisation's own numbers. */
export class Metrics implements Observer {
  private readonly registry = new Registry();
  private readonly ofTasks = new Map<string, TaskMetrics>();
  private readonly requests = this.counter('mayfly_http_requests_total', 'Requests by route and status.', ['method', 'route', 'status']);
  private readonly attempts = this.counter('mayfly_attempts_total', 'Attempts that are over, by the state of their run then.', ['outcome']);
  private readonly placing = this.histogram('mayfly_place_seconds', 'Seconds from the creation of a run to its first place.', []);
  private readonly tasksEnded = this.counter('mayfly_tasks_total', 'Tasks with a final state, by it.', ['state']);
  private readonly deliveries = this.counter('mayfly_task_deliveries_total', 'Deliveries of tasks to workers, by their end.', ['outcome']);
  private readonly taskWaits = this.histogram('mayfly_task_wait_seconds', 'Seconds from the creation of a task to its first begin.', []);
  private readonly taskTimes = this.histogram('mayfly_task_run_seconds', "Seconds from the begin of a task's command to its end.", []);
  private readonly looks = this.histogram('mayfly_look_seconds', 'Seconds that looks at a node take.', ['node', 'result']);

  private readonly tries = this.histogram('mayfly_webhook_seconds', 'Seconds that tries of webhooks take.', ['result']);

  constructor(
    private readonly measured: () => Measured,
    webhooks: Pick<Webhooks, 'countPending'>,
  ) {
    this.gauge('mayfly_webhook_pending', 'Deliveries to webhooks that are not made yet.', [], async (gauge) =>
      gauge.set(await webhooks.countPending()),
    );
    this.gauge('mayfly_runs', 'Runs without a final state, by state.', ['state'], (gauge) => {
      const counts = new Map<RunState, number>(runStates.filter((state) => !isFinal(state)).map((state) => [state, 0]));
      for (const { state } of measured().runs.all()) counts.set(state, (counts.get(state) ?? 0) + 1);
      for (const [state, count] of counts) gauge.set({ state }, count);
    });
    this.gauge('mayfly_tasks', 'Tasks without a final state, by state.', ['state'], (gauge) => {
      for (const state of taskStates) if (!isTaskFinal(state)) gauge.set({ state }, 0);
      for (const { state } of measured().tasks.tasks.all()) gauge.inc({ state });
    });
    this.gauge('mayfly_allocations', 'Allocations that have not ended, by state.', ['state'], (gauge) => {
      for (const state of allocationStates) if (state !== 'ended') gauge.set({ state }, 0);
      for (const { state } of measured().tasks.allocations.all()) gauge.inc({ state });
    });
    this.gauge('mayfly_node_state', 'The state of a node: 1 for the one that it has.', ['node', 'state'], (gauge) => {
      for (const { name, health } of measured().nodes.values())
        for (const state of circuitStates) gauge.set({ node: name, state }, health.state === state ? 1 : 0);
    });
    this.gauge('mayfly_node_used', 'Resources of a node in use: millicores and MB.', ['node', 'resource'], (gauge) =>
      eachNode(measured(), (node, used) => {
        for (const resource of ['cpu', 'memory', 'storage'] as const) gauge.set({ node: node.name, resource }, used[resource]);
      }),
    );
    this.gauge('mayfly_node_free', 'Resources of a node that are left, where they are limited.', ['node', 'resource'], (gauge) =>
      eachNode(measured(), ({ name, capacity }, used) => {
        for (const resource of ['cpu', 'memory', 'storage'] as const) {
          const limit = capacity[resource];
          if (limit !== null) gauge.set({ node: name, resource }, limit - used[resource]);
        }
      }),
    );
  }

  changed: Observer['changed'] = ({ state, attempt, lastTryAt, createdAt }, before) => {
    if (state === before?.state) return;
    if (state === 'placed' && attempt === 1) this.placing.observe(((lastTryAt ?? createdAt) - createdAt) / 1000);
    if (before?.state === 'ending') this.attempts.inc({ outcome: state });
  };

  taskChanged: Observer['taskChanged'] = (task, before) => {
    const { state, attempt, createdAt, startedAt, finishedAt, token } = task;
    if (before === undefined || state === before.state) return;
    this.tasksOf(task.organisation).changed(task);
    if (state === 'running' && attempt === 1) this.taskWaits.observe((startedAt! - createdAt) / 1000);
    if (before.token !== null && token === null) this.deliveries.inc({ outcome: state === 'pending' ? 'returned' : state });
    if (!isTaskFinal(state)) return;
    this.tasksEnded.inc({ state });
    if (startedAt !== null) this.taskTimes.observe((finishedAt! - startedAt) / 1000);
  };

  looked: Observer['looked'] = (node, ms, answered) => {
    this.looks.observe({ node, result: answered ? 'answered' : 'failed' }, ms / 1000);
  };

  tried(one: Try): void {
    this.tries.observe({ result: isTaken(one) ? 'taken' : one.status === null ? 'unanswered' : 'refused' }, one.ms / 1000);
  }

  /** @param route its path with variable parts, such as `/v1/runs/:id` */
  requested(method: string, route: string, status: number): void {
    this.requests.inc({ method, route, status: String(status) });
  }

  /** In the text format of Prometheus. @param organisation the one that asks */
  async text(organisation: string): Promise<string> {
    return `${await this.registry.metrics()}\n${await this.tasksOf(organisation).text()}`;
  }

  private tasksOf(organisation: string): TaskMetrics {
    const unfinished = () => [...this.measured().tasks.tasks.all()].filter((task) => task.organisation === organisation);
    const metrics = this.ofTasks.get(organisation) ?? new TaskMetrics(unfinished);
    this.ofTasks.set(organisation, metrics);
    return metrics;
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram(name: string, help: string, labelNames: string[]): Histogram {
    return new Histogram({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void | Promise<void>): void {
    new Gauge({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect() {
        this.reset();
        return collect(this);
      },
    });
  }
}

function eachNode({ runs, nodes }: Measured, see: (node: Node, used: ReturnType<Node['count']>['used']) => void): void {
  const here = byNode(runs.all());
  for (const node of nodes.values()) see(node, node.count(here.get(node.name) ?? []).used);
}
