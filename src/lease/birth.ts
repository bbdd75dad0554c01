import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Resources } from '../spec/worker-spec.js';
import { isRetained } from './deadline.js';

/**
 * The resources that a worker holds on its node, from its labels: those that its spec asked for. Where its objects have different ones, the
 * largest count. A retained worker holds storage alone; remains and a lease hold nothing.
 *
 * @returns `null` where its labels do not have them: a worker of an older version
 */
export function asksOf(objects: readonly OwnedObject[]): Resources | null {
  const own = objects.filter(({ address }) => address !== '');
  const asks = own.flatMap(({ labels }) => labels.asks ?? []);
  if (own.length > 0 && asks.length === 0) return null;
  const most = (key: keyof Resources) => Math.max(0, ...asks.map((one) => one[key]));
  const runs = !isRetained(objects);
  return { cpu: runs ? most('cpu') : 0, memory: runs ? most('memory') : 0, storage: most('storage') };
}

/** The installation of the dispatcher that made the worker; `null`: the command line did. */
export function dispatcherOf(objects: readonly OwnedObject[]): string | null {
  return labelOf(objects, 'dispatcher');
}

/** The name in the worker's spec; `null` for a worker of an older version. */
export function specNameOf(objects: readonly OwnedObject[]): string | null {
  return labelOf(objects, 'name');
}

/** The organisation that the worker belongs to; `null`: none. */
export function organizationOf(objects: readonly OwnedObject[]): string | null {
  return labelOf(objects, 'organization');
}

function labelOf(objects: readonly OwnedObject[], key: 'dispatcher' | 'name' | 'organization'): string | null {
  return objects.find(({ labels }) => labels[key] !== undefined)?.labels[key] ?? null;
}
