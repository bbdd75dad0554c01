import { join } from 'node:path';
import { claimOfAllocation, claimOfTask } from '../../tasks/fleets/claim.js';
import { isFinal, type Task } from '../../tasks/task.js';
import type { TaskWorker, WorkerSource } from '../../tasks/worker.js';
import { AllocationCommands } from '../allocations/commands.js';
import { Allocations } from '../allocations/allocations.js';
import { Reservations } from '../allocations/reservations.js';
import type { Fleets } from '../fleets/fleets.js';
import type { Node } from '../nodes/node.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import type { DeliveryParts } from './deliver.js';
import { Desk } from './desk.js';
import { TaskIntake } from './intake.js';
import { TaskOutputs } from './outputs.js';
import { runOfWorker } from '../worker-name.js';
import { queueEnd } from './queue-end.js';
import { RunWorkers } from './run-workers.js';
import { Standings } from './standings.js';
import { Tasks } from './tasks.js';

interface TaskRoomParts extends Pick<DeliveryParts, 'runtime' | 'transfers' | 'inputOf' | 'log'> {
  store: Pick<Store, 'tasks' | 'allocations' | 'events'>;
  runs: Runs;
  fleets(): Fleets;
  /** Decides again on the sizes of fleets soon. */
  wake(): void;
  /** Stealers of a run that take its tasks. */
  stealersOf(run: string): Run[];
  nodes: ReadonlyMap<string, Node>;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
  installation: string;
  /** The most tasks that wait or run, and the most allocations. */
  most: number;
  /** Bytes of the outputs that are kept for an organisation. */
  mostOutput: number;
  /** Called after each change of a task. */
  changed(task: Task, before: Task | undefined): void;
  /** Ends the work. Commands in workers continue. */
  stop: AbortSignal;
}

/** Tasks and allocations of the service: those in memory, the intake of new ones, and the desk that gives them to workers. */
export class TaskRoom {
  readonly tasks: Tasks;
  readonly allocations: Allocations;
  readonly allocationCommands: AllocationCommands;
  readonly intake: TaskIntake;
  readonly desk: Desk;
  readonly outputs: TaskOutputs;

  private readonly standings = new Standings();

  constructor(private readonly parts: TaskRoomParts) {
    const { runtime, runs, fleets, wake, stealersOf, nodes, runsModules, store, installation, most, mostOutput, changed, stop } = parts;
    const { inputOf, transfers, log } = parts;
    const { clock, layout } = runtime;
    this.tasks = new Tasks(store.tasks, clock, (task, before) => {
      changed(task, before);
      if (task.fleet !== null) fleets().claimed(task.fleet, claimOfTask(task), before ? claimOfTask(before) : null);
      this.desk.taskChanged(task);
      if (isFinal(task.state)) this.outputs.ended(task.id);
    });
    this.allocations = new Allocations(store.allocations, clock, (allocation, before) => {
      const { id, fleet } = allocation;
      fleets().claimed(fleet, claimOfAllocation(allocation), before ? claimOfAllocation(before) : null);
      for (const queue of [id, fleet]) this.desk.wake(queue);
    });
    const { tasks, allocations } = this;
    const get = (id: string) => fleets().get(id);
    this.outputs = new TaskOutputs(join(layout.root, 'serve', 'tasks'), layout.root, mostOutput);
    const ofRun = new RunWorkers(runs, nodes, runsModules);
    this.intake = new TaskIntake({ tasks, runs, fleets: { get }, allocations, ofRun, most, installation, clock });
    const reservations = new Reservations({
      ...{ allocations, runs, ofRun, clock },
      fleets: { get, takersOf: (id) => fleets().takersOf(id), freeOf: (...of) => fleets().freeOf(...of) },
      asideReason: (worker) => this.desk.asideReason(worker),
      wake: (queue) => this.desk.wake(queue),
    });
    const all = (workers: readonly Run[]) => workers.flatMap(({ id }) => ofRun.workersOf(id));
    const workers: WorkerSource = {
      workersOf: (queue) =>
        get(queue) || allocations.get(queue) ? reservations.workersOf(queue) : withStealers(ofRun.workersOf(queue), all(stealersOf(queue))),
    };
    const endOf = (queue: string) => queueEnd(queue, { runs, fleets: fleets(), allocations });
    const setAside = async (worker: string, reason: string) => {
      const run = runOfWorker(worker)!.run;
      await runs.addEvent(run, runs.get(run)?.attempt ?? 0, { type: 'worker_set_aside', data: { worker, reason } });
      wake();
    };
    this.desk = new Desk(
      {
        runtime,
        runs,
        tasks,
        outputs: this.outputs,
        workers,
        reservations,
        endOf,
        setAside,
        inputOf,
        transfers,
        log,
        standings: this.standings,
      },
      stop,
    );
    this.allocationCommands = new AllocationCommands({
      ...{ allocations, most, installation, clock },
      passed: (queue) => this.desk.passed(queue),
    });
  }

  /** Reads the tasks and allocations that an earlier process left. */
  async load(): Promise<void> {
    await this.standings.load(this.parts.runs.all(), this.parts.store);
    await this.allocations.load();
    await this.tasks.load();
  }

  /** Removes the outputs of tasks that the store does not have any more. */
  sweepOutputs(): Promise<void> {
    return this.outputs.sweep(async (task) => (await this.tasks.find(task)) !== null);
  }

  /** Called after a run has changed. */
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
