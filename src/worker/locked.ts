import { acquireLock, type Lock, type LockOptions } from '../state/lock.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';

/** The call for work under a worker's lock. */
export interface HeldCall extends Call {
  lock: Lock;
}

/**
 * Works under a worker's lock. Once that is lost, the work is stopped and its calls are dropped, as by Ctrl-C.
 *
 * @throws MayflyError `state_locked`, and what the work throws
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
