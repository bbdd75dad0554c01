import { MayflyError } from '../errors.js';
import { bornAt, currentLease, latestEnd } from '../lease/deadline.js';
import type { BackendName } from '../spec/worker-spec.js';
import { acquireLock } from '../state/lock.js';
import { type House, locateLiving } from './house.js';

/**
 * Moves a worker's end by `seconds` (negative: earlier). Milliseconds since the epoch in the result.
 *
 * @throws MayflyError `lease_refused` before it is ready, beyond the cap of the settings, or into the past.
 */
export async function extendWorker(
  house: House,
  worker: string,
  seconds: number,
  only?: BackendName,
): Promise<{ from: number; to: number }> {
  const backend = await locateLiving(house, worker, only);
  const { clock, settings, layout, stop } = house;
  const lock = await acquireLock(layout.lock(backend.name, worker), {
    operation: 'extend',
    timeout: settings.lockTimeout,
    clock,
    signal: stop,
    below: layout.root,
  });
  try {
    const objects = await backend.list(worker);
    const lease = currentLease(objects);
    if (!lease) throw refused(worker, 'it is not ready yet, so it has no lease to move', 'wait until apply is done');
    const from = lease.endsAt;
    const to = from + seconds * 1000;
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
    if (to <= clock.now() + (await backend.clockSkew()))
      throw refused(worker, 'that is in the past', `end it with \`mayfly destroy ${worker}\``);
    await backend.writeLease(worker, lease.terms, to / 1000);
    return { from, to };
  } finally {
    await lock.release();
  }
}

function refused(worker: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('lease_refused', { place: { path: worker }, cause, remedy });
}
