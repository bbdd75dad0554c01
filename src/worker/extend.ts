import type { Backend } from '../backends/ports/backend.js';
import { assertBefore, type LeaseMove, moveBy } from '../lease/terms.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { locateLiving } from './locate.js';
import { locked } from './locked.js';

/** Seconds after which another operation may take over the lock of an extension that hangs. */
const extendOverdue = 120;

/**
 * Moves a worker's end by `seconds`; negative: earlier. The result is in milliseconds since the epoch.
 *
 * @throws MayflyError `lease_refused`, see `moveBy`
 */
export async function extendWorker(call: Call, worker: string, seconds: number, only?: BackendName): Promise<{ from: number; to: number }> {
  const backend = await locateLiving(call, worker, only);
  const lock = { backend: backend.name, worker, operation: 'extend', overdueAfter: extendOverdue };
  return locked(call, lock, async ({ lock }) => {
    const { from, to, terms, now } = await moveOn(backend, call, worker, seconds);
    lock.assertHeld();
    await backend.writeLease(worker, terms, to / 1000);
    // A keeper that read the old lease may be ending the worker.
    assertBefore(worker, from, now());
    return { from, to };
  });
}

/** The end that `extendWorker` would write. Changes nothing. @throws MayflyError as `extendWorker` */
export async function previewExtension(call: Call, worker: string, seconds: number, node: BackendName): Promise<LeaseMove> {
  return moveOn(await locateLiving(call, worker, node), call, worker, seconds);
}

async function moveOn(backend: Backend, { clock, settings }: Call, worker: string, seconds: number) {
  const objects = await backend.list(worker);
  // As of that answer: our clock or the node's may have been set since an earlier one.
  const skew = await backend.clockSkew();
  const now = () => clock.now() + skew;
  return { ...moveBy(worker, objects, seconds, { now: now(), maxLifetime: settings.maxLifetime }), now };
}
