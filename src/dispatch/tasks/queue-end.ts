import type { Allocation } from '../../tasks/allocations/allocation.js';
import { isOpen } from '../../tasks/allocations/allocation.js';
import type { QueueEnd } from '../../tasks/delivery.js';
import { isFinal, type Run } from '../run.js';

interface QueueOwners {
  runs: { get(id: string): Run | undefined; find(id: string): Promise<Run | null> };
  fleets: { get(id: string): unknown };
  allocations: { get(id: string): Allocation | undefined; find(id: string): Promise<Allocation | null> };
}

/** Why no worker follows for the tasks of a queue, which is that of a run, a fleet or an allocation; `null`: one may. */
export async function queueEnd(queue: string, { runs, fleets, allocations }: QueueOwners): Promise<QueueEnd | null> {
  if (fleets.get(queue)) return null;
  const run = runs.get(queue);
  const allocation = run ? null : await allocations.find(queue);
  return allocation ? endOfAllocation(allocation) : endOfRun(run ?? (await runs.find(queue)));
}

function endOfAllocation(allocation: Allocation): QueueEnd | null {
  if (isOpen(allocation)) return null;
  return { state: allocation.reason === 'worker_lost' ? 'failed' : 'stopped', reason: 'allocation_ended' };
}

/** @param run `null`: it is not stored any more, or the queue is that of a closed fleet */
function endOfRun(run: Run | null): QueueEnd | null {
  if (run && !isFinal(run.state)) return null;
  return run?.state === 'failed' ? { state: 'failed', reason: 'run_failed' } : { state: 'stopped', reason: 'run_ended' };
}
