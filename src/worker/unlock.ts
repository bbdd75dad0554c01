import { MayflyError } from '../errors.js';
import { type BackendName, backendNames } from '../spec/worker-spec.js';
import { breakLock, type LockOwner, readLock } from '../state/lock.js';
import { mayBeAlive } from '../state/process-identity.js';
import type { House } from './house.js';

export interface Unlocked {
  owner: LockOwner;
  broken: boolean;
}

/**
 * Breaks a worker's lock.
 *
 * @returns `null` when there is none. @throws MayflyError `state_locked` when its holder lives on this machine and not `force`.
 */
export async function unlockWorker(house: House, worker: string, options: { backend?: BackendName; force: boolean }): Promise<Unlocked[]> {
  const unlocked: Unlocked[] = [];
  for (const backend of options.backend ? [options.backend] : backendNames) {
    const path = house.layout.lock(backend, worker);
    const owner = await readLock(path);
    if (!owner) continue;
    const local = owner.process.host.split(' ')[0];
    if (!options.force && mayBeAlive(owner.process)) {
      throw new MayflyError('state_locked', {
        place: { file: path },
        cause: `its holder may be alive: ${owner.user} on ${local} (pid ${owner.process.pid}), ${owner.operation} since ${owner.since}`,
        remedy: 'wait for it; give --force when it is certainly gone',
      });
    }
    unlocked.push({ owner, broken: await breakLock(path, owner.id) });
  }
  return unlocked;
}
