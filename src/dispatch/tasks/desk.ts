import { toMayflyError } from '../../errors.js';
import { endWithQueue, type QueueEnd, schedule } from '../../tasks/delivery.js';
import { TaskQueue } from '../../tasks/queue.js';
import { isFinal as isTaskFinal, isOutstanding, queueOf, type Task } from '../../tasks/task.js';
import type { WorkerSource } from '../../tasks/worker.js';
import type { Reservations } from '../allocations/reservations.js';
import { isFinal, type Run } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { deliver, type Delivered, type DeliveryParts } from './deliver.js';
import { holds } from './run-workers.js';
import type { Standings } from './standings.js';

interface DeskParts extends Omit<DeliveryParts, 'runs'> {
  runs: { get(id: string): Run | undefined };
  workers: WorkerSource;
  reservations: Reservations;
  /** Why no worker follows for the tasks of a queue; `null`: one may. */
  endOf(queue: string): Promise<QueueEnd | null>;
  standings: Standings;
  /** Called when a worker takes no more tasks, because they fail on it at once. */
  setAside(worker: string, reason: string): Promise<void>;
}

interface Delivery {
  worker: string;
  startedAt: number;
  outdate: AbortController;
  done: Promise<void>;
}

/** The longest time between two passes, in milliseconds. */
const longestPause = 60_000;

/** Milliseconds before a failed change of the store is tried again. */
const tryAgainAfter = 2_000;

/** Gives tasks to workers, and continues their deliveries. */
export class Desk {
  private readonly queues = new Map<string, TaskQueue>();
  private readonly deliveries = new Map<string, Delivery>();
  /** Workers that were chosen for tasks, until the choice is stored. */
  private taking = new Set<string>();
  /** Runs, fleets and allocations whose queue has to be looked at. */
  private readonly due = new Set<string>();
  private woken = new AbortController();
  /** Called after the next pass of a queue. */
  private readonly afterPass = new Map<string, (() => void)[]>();

  constructor(
    private readonly parts: DeskParts,
    private readonly stop: AbortSignal,
  ) {}

  /** Why a worker takes no more tasks; `null`: it takes them. */
  asideReason(worker: string): string | null {
    return this.parts.standings.reasonOf(worker);
  }

  /** Whether a worker was chosen for a task, and the choice is not stored yet. */
  isTaking(worker: string): boolean {
    return this.taking.has(worker) || this.parts.reservations.isTaking(worker);
  }

  /** Whether tasks of a run have no final state. */
  hasTasks(run: string): boolean {
    return this.queues.has(run);
  }

  /** Called after a task was added or changed. */
  taskChanged(task: Task): void {
    const id = queueOf(task);
    const queue = this.queues.get(id) ?? new TaskQueue();
    queue.put(task);
    if (queue.size > 0) this.queues.set(id, queue);
    else this.queues.delete(id);
    if (task.stopping || isTaskFinal(task.state)) this.deliveries.get(task.id)?.outdate.abort();
    this.wake(id);
  }

  /** Called after a run has changed. */
  runChanged(run: Run): void {
    if (isFinal(run.state)) this.parts.standings.forget(run.id);
    const queue = (run.primary === null ? null : runOfWorker(run.primary)?.run) ?? run.fleet ?? run.id;
    if (!this.isKept(queue)) return;
    for (const { worker, outdate } of this.deliveries.values()) if (isWorkerOf(run, worker) && !holds(run, worker)) outdate.abort();
    this.wake(queue);
    this.wakeAllocations(run);
  }

  private wakeAllocations({ worker }: Run): void {
    if (worker === null) return;
    for (const { id } of this.parts.reservations.onWorker(worker)) this.wake(id);
  }

  /** Called after the workers of a queue have changed, or after its end. */
  queueChanged(queue: string): void {
    if (this.isKept(queue)) this.wake(queue);
  }

  /** Resolves after the next pass of a queue, or at the stop. */
  passed(queue: string): Promise<void> {
    this.wake(queue);
    if (this.stop.aborted) return Promise.resolve();
    return new Promise((resolve) => this.afterPass.set(queue, [...(this.afterPass.get(queue) ?? []), resolve]));
  }

  private isKept(queue: string): boolean {
    return this.queues.has(queue) || this.parts.reservations.has(queue);
  }

  /** Continues the deliveries of an earlier process, then makes passes until the stop. */
  async work(): Promise<void> {
    const { clock } = this.parts.runtime;
    for (const task of this.parts.tasks.all()) if (isOutstanding(task)) this.drive(task);
    while (!this.stop.aborted) {
      this.woken = new AbortController();
      const now = clock.now();
      for (const [run, { nextAt }] of this.queues) if (nextAt !== null && nextAt <= now) this.due.add(run);
      for (const allocation of this.parts.reservations.due(now)) this.due.add(allocation);
      for (const queue of [...this.due]) await this.pass(queue);
      await clock.sleep(this.untilNext(), AbortSignal.any([this.stop, this.woken.signal])).catch(() => {});
    }
    for (const queue of this.afterPass.keys()) this.notePass(queue);
    await Promise.all([...this.deliveries.values()].map(({ done }) => done));
  }

  private notePass(queue: string): void {
    for (const resolve of this.afterPass.get(queue) ?? []) resolve();
    this.afterPass.delete(queue);
  }

  /** Looks at a queue soon. */
  wake(queue: string): void {
    this.due.add(queue);
    this.woken.abort();
  }

  private async pass(id: string): Promise<void> {
    const { reservations, endOf, log } = this.parts;
    this.due.delete(id);
    try {
      await reservations.settle(id, this.isWorking(id));
      const end = this.queues.has(id) ? await endOf(id) : null;
      if (end) await this.endAll(id, end);
      else await this.assign(id);
    } catch (thrown) {
      log.warn({ queue: id, cause: toMayflyError(thrown).message }, 'a pass of a queue has failed, and is repeated in 2 s');
      // The store may have space again, or the database may be unlocked.
      this.due.add(id);
      await this.parts.runtime.clock.sleep(tryAgainAfter, this.stop).catch(() => {});
    }
    this.notePass(id);
  }

  /** Whether workers have tasks of the queue. */
  private isWorking(id: string): boolean {
    return this.queues.get(id)?.isWorking ?? false;
  }

  private async assign(id: string): Promise<void> {
    const { tasks, workers, reservations, runtime } = this.parts;
    const takers = workers.workersOf(id).filter(({ name }) => this.asideReason(name) === null);
    const assigned = this.queues.get(id)?.assign(runtime.clock.now(), takers) ?? [];
    this.taking = new Set(assigned.map(({ worker }) => worker));
    await Promise.all(
      assigned.map(async ({ task: { id: task, revision }, worker }) => {
        const scheduled = await tasks.change(task, (now, at) =>
          now.revision === revision && reservations.mayBegin(id, at) ? schedule(now, { worker, now: at }) : null,
        );
        if (isOutstanding(scheduled)) this.drive(scheduled);
      }),
    ).finally(() => this.taking.clear());
  }

  /** No worker of the queue follows. Running tasks of an allocation continue. */
  private async endAll(id: string, end: QueueEnd): Promise<void> {
    const stays = (task: Task) => isTaskFinal(task.state) || (task.allocation !== null && isOutstanding(task));
    const left = [...(this.queues.get(id)?.all() ?? [])];
    await Promise.all(
      left.map(({ id: task }) => this.parts.tasks.change(task, (now, at) => (stays(now) ? null : endWithQueue(now, end, at)))),
    );
  }

  private drive(task: Task): void {
    const { runtime, log } = this.parts;
    const { id, token, worker, scheduledAt } = task;
    const queue = queueOf(task);
    if (this.deliveries.has(id) || token === null || worker === null) return;
    const delivery: Delivery = { worker, startedAt: scheduledAt ?? 0, outdate: new AbortController(), done: Promise.resolve() };
    this.deliveries.set(id, delivery);
    const outdated = () => {
      if (delivery.outdate.signal.aborted) delivery.outdate = new AbortController();
      return delivery.outdate.signal;
    };
    delivery.done = deliver(id, token, this.parts, { stop: this.stop, outdated })
      .then((delivered) => (delivered ? this.note(task, delivery, delivered) : undefined))
      .catch(async (thrown: unknown) => {
        log.warn({ task: id, worker, cause: toMayflyError(thrown).message }, 'a delivery could not be stored, and is tried again');
        await runtime.clock.sleep(tryAgainAfter, this.stop).catch(() => {});
      })
      .finally(() => {
        this.deliveries.delete(id);
        const now = this.parts.tasks.get(id);
        if (now && isOutstanding(now) && !this.stop.aborted) this.drive(now);
        this.wake(queue);
      });
  }

  /** Counts how a delivery ended for its worker. */
  private async note(task: Task, { worker, startedAt }: Delivery, delivered: Delivered): Promise<void> {
    const { runtime, runs, standings, setAside, log } = this.parts;
    const { run } = runOfWorker(worker)!;
    // Its workers have no standing any more.
    if (!runs.get(run)) return;
    const reason = standings.note(task, worker, delivered, runtime.clock.now() - startedAt);
    if (reason === null) return;
    log.warn({ worker, reason }, 'a worker takes no more tasks');
    await setAside(worker, reason);
    const now = runs.get(run);
    if (now) this.wakeAllocations(now);
  }

  /** Milliseconds until the pause of a returned task is over. */
  private untilNext(): number {
    if (this.due.size > 0) return 0;
    const now = this.parts.runtime.clock.now();
    let least = longestPause;
    for (const { nextAt } of this.queues.values()) if (nextAt !== null) least = Math.min(least, nextAt - now);
    return Math.min(least, (this.parts.reservations.nextAt ?? Infinity) - now);
  }
}

function isWorkerOf({ id }: Run, worker: string): boolean {
  return runOfWorker(worker)?.run === id;
}
