import { MayflyError } from '../../errors.js';
import type { BackendName } from '../../spec/worker-spec.js';

/** A container that a worker has not; `names`: those that it has, none where there is no such worker. */
export function unknownContainer(backend: BackendName, worker: string, container: string, names: readonly string[]): MayflyError {
  if (names.length === 0) {
    const cause = `no such worker on ${backend}, or nothing of it runs`;
    return new MayflyError('worker_unknown', { place: { path: worker }, cause, remedy: 'see `mayfly list`' });
  }
  const cause = `it has no container ${JSON.stringify(container)}`;
  return new MayflyError('container_unknown', { place: { path: worker }, cause, remedy: `choose one of ${[...names].sort().join(', ')}` });
}
