import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Look } from './shared-look.js';

/**
 * Removes these objects of a worker and no others. Each is looked at again right before its removal: an object that was replaced since,
 * under the same name, stays.
 */
export async function endOnly(backend: Backend, look: Look, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<void> {
  const [first] = objects;
  if (!first) return;
  const may = async (object: OwnedObject) => same(await look(object.worker), object);
  await backend.remove({ worker: first.worker, objects, may }, signal);
}

/** Returns the `objects` that are also in `seen`, by id and creation time. */
export function seenBefore(objects: readonly OwnedObject[], seen: readonly OwnedObject[]): OwnedObject[] {
  return objects.filter((object) => same(seen, object));
}

function same(seen: readonly OwnedObject[], { id, createdAt }: OwnedObject): boolean {
  return seen.some((one) => one.id === id && one.createdAt === createdAt);
}
