import { createHash } from 'node:crypto';
import { afterExit, afterFailure, afterResult, goodStanding, type Standing } from '../../tasks/set-aside.js';
import { queueOf, type Task } from '../../tasks/task.js';
import type { Run } from '../run.js';
import type { Store } from '../store/store.js';
import { runOfWorker } from '../worker-name.js';
import type { Delivered } from './deliver.js';

/** Commands that are remembered with the worker on which they last completed. */
const mostCommands = 1000;

/** How deliveries ended for their workers. A worker that is set aside stays so, also for a later process of the service. */
export class Standings {
  /** Workers that have taken tasks, by name. Those of the past stay until their run has ended. */
  private readonly standings = new Map<string, Standing>();
  /** The worker on which a command last completed, by its digest. */
  private readonly completed = new Map<string, string>();

  /** Takes over the workers of running runs that an earlier process has set aside. */
  async load(runs: Iterable<Run>, store: Pick<Store, 'events'>): Promise<void> {
    for (const { id, worker, state } of runs) {
      if (state !== 'running' || worker === null) continue;
      for (const { data } of await store.events({ run: id, type: 'worker_set_aside', newest: true, limit: 1 }))
        if (data['worker'] === worker) this.standings.set(worker, { ...goodStanding, reason: String(data['reason']) });
    }
  }

  /** Why a worker takes no more tasks; `null`: it takes them. */
  reasonOf(worker: string): string | null {
    return this.standings.get(worker)?.reason ?? null;
  }

  /**
   * Counts the end of a delivery.
   *
   * @param after milliseconds from its begin
   * @returns why its living worker is set aside by it; `null`: it is not, or was before
   */
  note(task: Task, worker: string, delivered: Delivered, after: number): string | null {
    const before = this.standings.get(worker) ?? goodStanding;
    const now = this.following(before, task, worker, delivered, after);
    this.standings.set(worker, now);
    return before.reason !== null || (!delivered.result && delivered.gone) ? null : now.reason;
  }

  /** Removes the workers of a run that has ended. */
  forget(run: string): void {
    for (const worker of this.standings.keys()) if (runOfWorker(worker)?.run === run) this.standings.delete(worker);
  }

  private following(before: Standing, task: Task, worker: string, delivered: Delivered, after: number): Standing {
    // The run's state follows when the node reports it.
    if (!delivered.result) return delivered.gone ? { ...before, reason: delivered.cause } : afterFailure(before, delivered.cause, after);
    const { exitCode } = delivered;
    const key = digestOf(task);
    if (exitCode === 0) this.remember(key, worker);
    const last = this.completed.get(key);
    const isWorkers = exitCode !== 0 && exitCode !== null && last !== undefined && last !== worker;
    return isWorkers ? afterExit(before, exitCode, after) : afterResult(before);
  }

  private remember(key: string, worker: string): void {
    this.completed.delete(key);
    this.completed.set(key, worker);
    if (this.completed.size > mostCommands) this.completed.delete(this.completed.keys().next().value!);
  }
}

function digestOf(task: Task): string {
  const text = JSON.stringify([queueOf(task), task.container, task.function, task.command]);
  return createHash('sha256').update(text).digest('base64');
}
