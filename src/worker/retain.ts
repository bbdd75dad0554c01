import type { Backend } from '../backends/ports/backend.js';
import { currentLease, dueReason } from '../lease/deadline.js';
import { nodeNow } from '../lease/node-now.js';
import { retainedUntil, retainOverdue } from '../lease/retain.js';
import { toMayflyError } from '../errors.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import type { Executed } from './exec.js';
import { locked } from './locked.js';

export interface RetainOptions {
  /** Called after the worker was retained. `endsAt`: milliseconds since the epoch. `fresh`: whether the backend makes fresh containers of it. */
  onRetained(endsAt: number, fresh: boolean): void;
}

/** Retains the worker of a failed command, where its spec wants that and it still lives. A failure is a warning. @returns whether it is retained */
export async function retainFailed(
  call: Call,
  backend: Backend,
  { name, retain }: WorkerSpec,
  { code, cause }: Executed,
  { onRetained }: RetainOptions,
): Promise<boolean> {
  if (retain === null || code === 0 || call.stop.aborted || cause?.reason === 'expired') return false;
  try {
    const endsAt = await retainWorker(call, backend, name, retain.failure);
    if (endsAt !== null) onRetained(endsAt, Boolean(backend.sessions?.fresh));
    return endsAt !== null;
  } catch (error) {
    call.emit({ type: 'warning', message: `${name} could not be retained: ${toMayflyError(error).message}` });
    return false;
  }
}

/**
 * Stops a worker's containers and keeps them, with their files and volumes, for `seconds`, at most until the worker's end. The lease has the
 * mark first, since a stopped engine would end the worker.
 *
 * @returns the worker's end in milliseconds since the epoch; `null`: it has ended, or is due, and cannot be kept
 */
export async function retainWorker(call: Call, backend: Backend, worker: string, seconds: number): Promise<number | null> {
  const lock = { backend: backend.name, worker, operation: 'retain', overdueAfter: retainOverdue };
  return locked(call, lock, async ({ lock, abort }) => {
    const objects = await backend.list(worker);
    const lease = currentLease(objects);
    const now = await nodeNow(backend, call.clock);
    if (!lease || dueReason(objects, now) !== null) return null;
    const ends = await retainedUntil(backend, call.clock, lease.endsAt, seconds);
    lock.assertHeld();
    await backend.writeLease(worker, { ...lease.terms, retained: true }, ends);
    await backend.stop(worker, objects, abort);
    return ends * 1000;
  });
}
