import { acquireLock, type Lock, type LockOptions } from '../state/lock.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';

/** The call for work under a worker's lock. */
export interface HeldCall extends Call {
  lock: Lock;
}

/**
 * Does work under a worker's lock. If the lock is lost, the work and its calls in flight are aborted.
 *
 * @throws MayflyError `state_locked`, and the errors of the work
 */
export async function locked<T>(
  call: Call,
  {
    backend,
    worker,
    ...options
  }: { backend: BackendName; worker: string } & Pick<LockOptions, 'operation' | 'overdueAfter' | 'timeoutFor'>,
  work: (held: HeldCall) => Promise<T>,
): Promise<T> {
  const { layout, settings, clock, emit, stop, abort } = call;
  const lock = await acquireLock(layout.lock(backend, worker), {
    ...options,
    timeout: settings.lockTimeout,
    clock,
    signal: stop,
    below: layout.root,
    onDamaged: (file) => emit({ type: 'warning', message: `the worker's lock file was damaged and is now ${file}` }),
  });
  try {
    return await work({ ...call, lock, stop: AbortSignal.any([stop, lock.lost]), abort: AbortSignal.any([abort, lock.lost]) });
  } catch (error) {
    lock.lost.throwIfAborted();
    throw error;
  } finally {
    await lock.release();
  }
}
