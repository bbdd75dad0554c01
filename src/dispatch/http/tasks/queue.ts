import { type TaskState, taskStates } from '../../../tasks/task.js';
import type { TaskCount } from '../../store/task-store.js';
import type { TaskQueueReply } from './documents.js';

/** The queue of a run in numbers. @param oldest when its oldest pending task was submitted; `null`: none waits */
export function toTaskQueue(
  run: string,
  counts: readonly TaskCount[],
  { oldest, now, asideReason }: { oldest: number | null; now: number; asideReason(worker: string): string | null },
): TaskQueueReply {
  const workers = [...new Set(counts.flatMap(({ worker }) => (worker === null ? [] : [worker])))].sort();
  return {
    run,
    tasks: byState(counts),
    oldest_wait: oldest === null ? null : (now - oldest) / 1000,
    wait: mean(counts, 'begun', 'waited'),
    time: mean(counts, 'ended', 'took'),
    workers: workers.map((worker) => ({
      worker,
      tasks: byState(counts.filter((one) => one.worker === worker)),
      set_aside: asideReason(worker),
    })),
  };
}

function byState(counts: readonly TaskCount[]): Record<TaskState, number> {
  const sum = (state: TaskState) => counts.reduce((total, one) => (one.state === state ? total + one.count : total), 0);
  return Object.fromEntries(taskStates.map((state) => [state, sum(state)])) as Record<TaskState, number>;
}

/** Seconds; `null`: of no task. */
function mean(counts: readonly TaskCount[], number: 'begun' | 'ended', sum: 'waited' | 'took'): number | null {
  const total = (key: typeof number | typeof sum) => counts.reduce((all, one) => all + one[key], 0);
  return total(number) === 0 ? null : total(sum) / total(number) / 1000;
}
