import { MayflyError } from '../../errors.js';
import type { BackendName } from '../../spec/worker-spec.js';

/** The error for an unknown container. `names`: the worker's containers; empty where the worker does not exist. */
export function unknownContainer(backend: BackendName, worker: string, container: string, names: readonly string[]): MayflyError {
  if (names.length === 0) {
    const cause = `${backend} has no worker of this name, or none of its containers runs`;
    return new MayflyError('worker_unknown', { place: { path: worker }, cause, remedy: 'see `mayfly list`' });
  }
  const cause = `the worker has no container ${JSON.stringify(container)}`;
  return new MayflyError('container_unknown', { place: { path: worker }, cause, remedy: `choose one of ${[...names].sort().join(', ')}` });
}
