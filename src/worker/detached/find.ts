import type { Backend } from '../../backends/ports/backend.js';
import { containerStates } from '../../backends/ports/containers.js';
import { MayflyError } from '../../errors.js';
import type { Call } from '../call.js';
import { type DetachedPlace, stateOfDetached } from './index.js';

/**
 * Finds the container in which a detached command was started. `container`: the only one to look in.
 *
 * @throws MayflyError `not_found`, and those of `stateOfDetached`
 */
export async function findDetached(
  call: Call,
  backend: Backend,
  { worker, container, id }: { worker: string; container?: string | undefined; id: string },
): Promise<DetachedPlace> {
  const names = container === undefined ? containerStates(await backend.list(worker), []).map((one) => one.container) : [container];
  for (const name of names) {
    const place = { worker, container: name, id };
    if ((await stateOfDetached(call, backend, place)) !== null) return place;
  }
  throw new MayflyError('not_found', {
    place: { path: worker },
    cause: `no detached command ${id} was started in ${container ?? 'this worker'}`,
    remedy: 'check the id, which `mayfly exec --detach` has printed',
  });
}
