import { engineName } from '../../spec/worker-spec.js';
import { type ContainerState, statusOf } from './container-state.js';
import type { OwnedObject } from './owned-object.js';
import { partsOf } from '../../spec/address.js';

/**
 * Returns the states of a worker's containers from its objects, the engine first, then by name. A container of `expected` without an object
 * is `missing`. Pure.
 */
export function containerStates(objects: readonly OwnedObject[], expected: readonly string[]): ContainerState[] {
  const seen = objects.flatMap(statesOf);
  const missing = expected.filter((name) => !seen.some(({ container }) => container === name));
  const all = [...seen, ...missing.map((container): ContainerState => ({ container, status: 'missing', exitCode: null }))];
  return all.sort((a, b) => rank(a) - rank(b) || (a.container < b.container ? -1 : 1));
}

function rank({ container }: ContainerState): number {
  return container === engineName ? 0 : 1;
}

function statesOf({ containers, status, exitCode, address, labels }: OwnedObject): readonly ContainerState[] {
  if (containers) return containers;
  if (status === 'present') return [];
  return [{ container: containerNameOf(address), status: statusOf({ status, exitCode, once: labels.once === true }), exitCode }];
}

/** The name of the container at a resource's address: `db` for `docker_container.db`. */
export function containerNameOf(address: string): string {
  return partsOf(address).name || address;
}
