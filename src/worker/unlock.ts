import { MayflyError } from '../errors.js';
import type { BackendName } from '../spec/worker-spec.js';
import { storageError } from '../state/atomic-file.js';
import { breakLock, type LockFile, inspectLock, type LockOwner, setAside } from '../state/lock-file.js';
import { mayBeAlive } from '../state/process-identity.js';
import type { Call } from './call.js';

export interface Unlocked {
  /** `null`: the lock file did not name its holder. */
  owner: LockOwner | null;
}

/**
 * Removes a worker's locks on all nodes. A damaged lock file is moved aside.
 *
 * @returns the removed locks
 * @throws MayflyError `state_locked` where a holder may be alive, without `force`; `state_unreadable`
 */
export async function unlockWorker(call: Call, worker: string, options: { backend?: BackendName; force: boolean }): Promise<Unlocked[]> {
  const unlocked: Unlocked[] = [];
  for (const backend of options.backend ? [options.backend] : call.nodes.names) {
    const path = call.layout.lock(backend, worker);
    const file = inspectLock(path);
    if (file.is === 'free') continue;
    if (file.is === 'unreadable') throw storageError(path, file.error);
    if (!options.force) assertDead(path, file);
    const owner = file.is === 'held' ? file.owner : null;
    await (owner ? breakLock(path, owner.id) : setAside(path)).catch((error: unknown) => Promise.reject(storageError(path, error)));
    unlocked.push({ owner });
  }
  return unlocked;
}

function assertDead(path: string, file: LockFile): void {
  if (file.is === 'held' && !mayBeAlive(file.owner.process)) return;
  const cause =
    file.is === 'held'
      ? `its holder may be alive: ${file.owner.user} on ${file.owner.process.host.split(' ')[0]} (pid ${file.owner.process.pid}), ${file.owner.operation} since ${file.owner.since}`
      : 'the file does not name its holder';
  throw new MayflyError('state_locked', { place: { file: path }, cause, remedy: 'wait for it; give --force if it has certainly ended' });
}
