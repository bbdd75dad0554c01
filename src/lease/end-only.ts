import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Look } from './shared-look.js';

/**
 * Removes these objects and nothing else of the worker. Each is looked at once more right before it goes: one that was removed and
 * made again since, under the same name, stays.
 */
export async function endOnly(backend: Backend, look: Look, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<void> {
  const [first] = objects;
  if (!first) return;
  const may = async (object: OwnedObject) => same(await look(object.worker), object);
  await backend.remove({ worker: first.worker, objects, may }, signal);
}

/** Those of `objects` that were seen before, by id and creation time. */
export function seenBefore(objects: readonly OwnedObject[], seen: readonly OwnedObject[]): OwnedObject[] {
  return objects.filter((object) => same(seen, object));
}

function same(seen: readonly OwnedObject[], { id, createdAt }: OwnedObject): boolean {
  return seen.some((one) => one.id === id && one.createdAt === createdAt);
}
