import { join } from 'node:path';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import type { Task } from '../../tasks/task.js';
import type { TaskWorker, WorkerSource } from '../../tasks/worker.js';
import type { Node } from '../nodes/node.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { TaskStore } from '../store/task-store.js';
import type { DeliveryParts } from './deliver.js';
import { Desk } from './desk.js';
import { TaskIntake } from './intake.js';
import { TaskOutputs } from './outputs.js';
import { runOfWorker } from '../worker-name.js';
import { RunWorkers } from './run-workers.js';
import { Tasks } from './tasks.js';

export interface TaskRoomParts extends Pick<DeliveryParts, 'runtime' | 'inputOf' | 'log'> {
  store: TaskStore;
  runs: Runs;
  fleets: {
    /** A fleet that is not closed. */
    get(id: string): Fleet | undefined;
    /** Its runs whose workers take tasks. */
    takersOf(id: string): Run[];
    /** Decides again on the sizes of fleets soon. */
    wake(): void;
  };
  /** Stealers of a run that take its tasks. */
  stealersOf(run: string): Run[];
  nodes: ReadonlyMap<string, Node>;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
  installation: string;
  /** The most tasks that wait or run. */
  most: number;
  /** Called after each change of a task. */
  changed(task: Task, before: Task | undefined): void;
  /** Ends the work. Commands in workers continue. */
  stop: AbortSignal;
}

/** The tasks of the service: those in memory, the intake of new ones, and the desk that gives them to workers. */
export class TaskRoom {
  readonly tasks: Tasks;
  readonly intake: TaskIntake;
  readonly desk: Desk;
  readonly outputs: TaskOutputs;

  constructor({
    runtime,
    runs,
    fleets,
    stealersOf,
    nodes,
    runsModules,
    store,
    installation,
    most,
    changed,
    stop,
    inputOf,
    log,
  }: TaskRoomParts) {
    const { clock, layout } = runtime;
    this.tasks = new Tasks(store, clock, (task, before) => {
      changed(task, before);
      this.desk.taskChanged(task);
    });
    this.intake = new TaskIntake({ tasks: this.tasks, runs, fleets, most, installation, clock });
    this.outputs = new TaskOutputs(join(layout.root, 'serve', 'tasks'), layout.root);
    const ofRun = new RunWorkers(runs, nodes, runsModules);
    const all = (workers: readonly Run[]) => workers.flatMap(({ id }) => ofRun.workersOf(id));
    const workers: WorkerSource = {
      workersOf: (queue) =>
        fleets.get(queue) ? all(fleets.takersOf(queue)) : withStealers(ofRun.workersOf(queue), all(stealersOf(queue))),
    };
    const isFleet = (id: string) => fleets.get(id) !== undefined;
    const setAside = async (worker: string, reason: string) => {
      const run = runOfWorker(worker)!.run;
      await runs.addEvent(run, runs.get(run)?.attempt ?? 0, { type: 'worker_set_aside', data: { worker, reason } });
      fleets.wake();
    };
    this.desk = new Desk({ runtime, runs, tasks: this.tasks, outputs: this.outputs, workers, isFleet, setAside, inputOf, log }, stop);
  }

  /** Removes the outputs of tasks that the store does not have any more. */
  sweepOutputs(): Promise<void> {
    return this.outputs.sweep(async (task) => (await this.tasks.find(task)) !== null);
  }

  /** Takes note of a run that has changed. */
  runChanged(run: Run): void {
    this.desk.runChanged(run);
  }
}

/** Workers of a run: its primary, if it takes tasks, and stealers. The run ends with its primary. */
function withStealers([primary]: readonly TaskWorker[], stealers: readonly TaskWorker[]): TaskWorker[] {
  if (!primary) return [];
  const within = (one: TaskWorker) => ({ ...one, takesUntil: Math.min(one.takesUntil, primary.takesUntil) });
  return [primary, ...stealers.map(within)];
}
