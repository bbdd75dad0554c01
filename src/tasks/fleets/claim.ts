import type { Allocation } from '../allocations/allocation.js';
import { roomOf } from '../allocations/allocation.js';
import { isModuleTask } from '../functions/function.js';
import { isOutstanding, type Task } from '../task.js';

/** Resources of a fleet's worker that a task or an allocation has, or waits for. */
export interface Claim {
  id: string;
  /** The task or allocation that asks, for events. */
  by: string;
  /** The worker that has it; `null`: it waits for one. */
  worker: string | null;
  container: string;
  cpu: number;
  memory: number;
  /** Milliseconds for which a worker takes tasks, at least, if it is to begin there. */
  timeout: number;
  /** Whether it is a module of WebAssembly; absent: it is not. */
  modules?: boolean;
}

/** `null`: it has ended, or uses the resources of an allocation. */
export function claimOfTask(task: Task): Claim | null {
  const { id, state, allocation, worker, container, cpu, memory, timeout } = task;
  if (allocation !== null || (state !== 'pending' && !isOutstanding(task))) return null;
  const holder = isOutstanding(task) ? worker : null;
  return { id, by: `task ${id}`, worker: holder, container, cpu, memory, timeout, ...(isModuleTask(task) && { modules: true }) };
}

/** `null`: it has ended. */
export function claimOfAllocation(allocation: Allocation): Claim | null {
  const { id, state, worker, container, ttl } = allocation;
  return state === 'ended' ? null : { id, by: `allocation ${id}`, worker, container, ...roomOf(allocation), timeout: ttl };
}
