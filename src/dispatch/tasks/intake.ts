import { keyReused, queueFull } from '../intake-errors.js';
import { v4, v5 } from 'uuid';
import type { Clock } from '../../clock.js';
import { MayflyError, type Problem } from '../../errors.js';
import { duration } from '../../spec/units.js';
import { noFiles, type TaskFiles } from '../../tasks/files.js';
import { submittedTask, type Task } from '../../tasks/task.js';
import type { TaskResources, WorkerSource } from '../../tasks/worker.js';
import type { Allocation } from '../../tasks/allocations/allocation.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import type { Run } from '../run.js';
import { fileProblems } from './file-problems.js';
import { addressOf, noContainer, organisationOf, type Pool, poolOfAllocation, type PoolTerms, termsOf } from './pool.js';
import { taskUnknown, type Tasks } from './tasks.js';

interface TaskSubmission {
  pool: Pool;
  command: readonly string[];
  /** See `Task`. */
  function?: string | undefined;
  /** Default: the engine, or that of the allocation. */
  container?: string | undefined;
  /** Default: none. */
  files?: TaskFiles | undefined;
  /** Milliseconds. */
  timeout: number;
  attempts: number;
  priority: number;
  /** Default: all of the container. */
  cpu?: number | undefined;
  memory?: number | undefined;
  /** Encrypts variables and input for a task; `null`: it has none. */
  sealed(task: string): Uint8Array | null;
  /** The client's own key: a repeated request with it returns the first one's task. */
  key?: string | undefined;
  bodyHash: string;
}

interface TaskIntakeParts {
  tasks: Tasks;
  runs: { find(id: string): Promise<Run | null> };
  fleets: { get(id: string): Fleet | undefined };
  allocations: { find(id: string): Promise<Allocation | null> };
  /** The workers of runs. */
  ofRun: WorkerSource;
  /** The most tasks that wait or run, over all organisations. */
  most: number;
  /** A UUID; ids of tasks with a key are made from it. */
  installation: string;
  clock: Pick<Clock, 'now'>;
}

/** Takes new tasks into the queues of their runs. */
export class TaskIntake {
  constructor(private readonly parts: TaskIntakeParts) {}

  /**
   * Stores a task.
   *
   * @returns `created: false`: an earlier request with the same key has made it
   * @throws MayflyError `not_possible` with all reasons why no worker of the run could ever do it, `key_reused`, `queue_full`
   */
  async submit(submission: TaskSubmission): Promise<{ task: Task; created: boolean }> {
    const { tasks, most, installation, clock } = this.parts;
    const { pool, key, bodyHash, command, timeout, attempts, priority } = submission;
    const organisation = organisationOf(pool);
    const id = key === undefined ? v4() : v5(`task\n${organisation}\n${key}`, installation);
    // The run of a repeated request may have ended meanwhile.
    const earlier = key === undefined ? null : await tasks.find(id);
    const now = clock.now();
    const { files = noFiles } = submission;
    const place = earlier ?? (await this.placeOf(pool, submission, now));
    if (!earlier && tasks.size >= most) throw queueFull('task', most);
    const { container, cpu, memory } = place;
    const asked = { id, organisation, ...addressOf(pool), command, timeout, attempts, priority, container, files, cpu, memory };
    const task = submittedTask({ ...asked, function: submission.function ?? null, now });
    const inserted = await tasks.insert({ task, sealed: submission.sealed(id), bodyHash, event: submittedEvent(task) });
    if (inserted.stored) return { task, created: true };
    if (inserted.bodyHash !== bodyHash) throw keyReused('task', id);
    return { task: inserted.existing, created: false };
  }

  /**
   * Makes a new task of a dead one, with all of its deliveries. A repeated request returns the first one's task.
   *
   * @param sealed encrypts variables and input of the dead task for the new one
   * @throws MayflyError `not_possible` for a task that is not dead, or whose run has ended
   */
  async redrive(dead: Task, sealed: (task: string) => Promise<Uint8Array | null>): Promise<{ task: Task; created: boolean }> {
    const { tasks, clock } = this.parts;
    if (dead.redriven !== null) return { task: await this.made(dead.redriven), created: false };
    if (!dead.dead) throw notDead(dead);
    const pool = await this.poolOf(dead);
    if (!pool) throw taskUnknown(dead.id);
    const now = clock.now();
    await this.placeOf(pool, dead, now);
    const id = v5('redrive', dead.id);
    const task = submittedTask({ ...dead, id, now });
    const event = submittedEvent(task, { redriven_from: dead.id });
    const redriven = await tasks.redrive(dead, { task, sealed: await sealed(id), bodyHash: '', event });
    return redriven ? { task: redriven, created: true } : { task: await this.made(id), created: false };
  }

  /** See `poolOfAllocation`. */
  poolOfAllocation(allocation: Allocation): Pool {
    return poolOfAllocation(allocation, this.parts);
  }

  /** The container of a task, and its part of it. @throws MayflyError `not_possible` where no worker of the pool could ever do the task */
  private async placeOf(pool: Pool, { files = noFiles, ...wishes }: Wishes, now: number): Promise<TaskResources & { container: string }> {
    const terms = termsOf(pool, now);
    const { container = terms.container } = wishes;
    const { run, fleet } = addressOf(pool);
    const others = await fileProblems({ files, organisation: organisationOf(pool), run, fleet, container }, this.parts.runs);
    return placeIn(terms, wishes, others);
  }

  /** `null`: it is not in the store any more. */
  private async poolOf({ run: id, fleet: fleetId, allocation: allocationId }: Task): Promise<Pool | null> {
    const { runs, fleets, allocations } = this.parts;
    const run = id === null ? null : await runs.find(id);
    if (run) return { run };
    const allocation = allocationId === null ? null : await allocations.find(allocationId);
    if (allocation) return this.poolOfAllocation(allocation);
    const fleet = fleetId === null || allocationId !== null ? undefined : fleets.get(fleetId);
    return fleet ? { fleet } : null;
  }

  private async made(id: string): Promise<Task> {
    const task = await this.parts.tasks.find(id);
    if (!task) throw taskUnknown(id);
    return task;
  }
}

function submittedEvent({ id, createdAt }: Task, data: Readonly<Record<string, string>> = {}) {
  return { at: createdAt, type: 'task_pending', data: { task: id, ...data } };
}

type Wishes = Pick<TaskSubmission, 'container' | 'files' | 'timeout' | 'cpu' | 'memory'>;

/** @param others problems that were found before */
function placeIn(
  { rooms, container: usual, longest }: PoolTerms,
  { container = usual, timeout, cpu, memory }: Omit<Wishes, 'files'>,
  others: readonly Problem[],
): TaskResources & { container: string } {
  const room = rooms.get(container);
  const problems: Problem[] = [
    ...(room ? [] : [noContainer(rooms, container)]),
    ...(timeout <= longest
      ? []
      : [
          {
            place: { path: 'timeout' },
            cause: `the worker takes tasks for ${duration(longest / 1000)}, and the task may take ${duration(timeout / 1000)}`,
            remedy: 'give a shorter timeout, or a run with a longer max_duration',
          },
        ]),
    ...tooMuch('cpu', cpu, room?.cpu),
    ...tooMuch('memory', memory, room?.memory),
    ...others,
  ];
  if (problems.length > 0) throw new MayflyError('not_possible', { ...problems[0]!, problems });
  return { container, cpu: cpu ?? room!.cpu, memory: memory ?? room!.memory };
}

function tooMuch(kind: 'cpu' | 'memory', asked: number | undefined, has: number | undefined): Problem[] {
  if (asked === undefined || has === undefined || asked <= has) return [];
  return [{ place: { path: kind }, cause: `the task asks for ${asked}, and the container has ${has}`, remedy: 'ask for less' }];
}

function notDead({ id, state }: Task): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: id },
    cause: `the task is ${state}, and its deliveries are not used up: only a dead task is redriven`,
    remedy: 'add a new task; GET /v1/tasks?dead=true has the dead ones',
  });
}
