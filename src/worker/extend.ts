import { MayflyError } from '../errors.js';
import { bornAt, currentLease, latestEnd } from '../lease/deadline.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { locateLiving } from './locate.js';
import { locked } from './locked.js';

/**
 * Moves a worker's end by `seconds` (negative: earlier). Milliseconds since the epoch in the result.
 *
 * @throws MayflyError `lease_refused` before it is ready, once its end has come by the backend's clock, beyond the cap of the settings, or into the past.
 */
export async function extendWorker(call: Call, worker: string, seconds: number, only?: BackendName): Promise<{ from: number; to: number }> {
  const backend = await locateLiving(call, worker, only);
  const { clock, settings } = call;
  const lock = { backend: backend.name, worker, operation: 'extend', overdueAfter: extendOverdue };
  return locked(call, lock, async ({ lock }) => {
    const skew = await backend.clockSkew();
    const objects = await backend.list(worker);
    const lease = currentLease(objects);
    if (!lease) throw refused(worker, 'it is not ready yet, so it has no lease to move', 'wait until apply is done');
    const from = lease.endsAt;
    const to = from + seconds * 1000;
    const assertNotOver = () => {
      if (clock.now() + skew >= from)
        throw refused(worker, 'its time is up, and its end has begun', 'wait until it is gone, then apply its spec again');
    };
    assertNotOver();
    const born = bornAt(objects);
    const ours = born + settings.maxLifetime * 1000;
    const cap = Math.min(ours, latestEnd(objects));
    if (to > cap) {
      const most = Math.max(0, Math.floor((cap - from) / 1000));
      const longest = Math.floor((cap - born) / 1000);
      throw refused(
        worker,
        `no worker may live longer than ${longest} s (${cap === ours ? 'max_lifetime' : 'the max_lifetime that it was made with'})`,
        `extend it by ${most} s at most, or ${cap === ours ? 'raise max_lifetime in mayfly.config.yaml' : 'end it and apply its spec again'}`,
      );
    }
    if (to <= clock.now() + skew) throw refused(worker, 'that is in the past', `end it with \`mayfly destroy ${worker}\``);
    lock.assertHeld();
    await backend.writeLease(worker, lease.terms, to / 1000);
    // Whoever looked at its end before the new lease was there may be ending it.
    assertNotOver();
    return { from, to };
  });
}

/** Seconds. */
const extendOverdue = 120;

function refused(worker: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('lease_refused', { place: { path: worker }, cause, remedy });
}
