import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError, toMayflyError } from '../errors.js';
import { describeEnd, type End, type MayflyEvent } from '../events.js';
import { endOnly } from '../lease/end-only.js';
import { endLocked } from '../lease/end-worker.js';
import type { Plan } from '../plan/plan.js';
import { forgetState } from './destroy.js';
import type { Call } from './call.js';

/** The objects that an apply of a new worker has created. */
export class Made {
  private readonly tried = new Set<string>();
  private readonly found = new Set<string>();

  /** Records an object right before its creation. */
  trying(address: string): void {
    this.tried.add(address);
  }

  /** Records an object that another apply had created by then. */
  wasThere(id: string): void {
    this.found.add(id);
  }

  /** Whether another apply created this object. An applier that reports no creations counts as the creator of all objects. */
  isOthers({ address, id }: OwnedObject): boolean {
    return address !== '' && this.tried.size > 0 && (this.found.has(id) || !this.tried.has(address));
  }
}

/** Removes the objects of a failed apply. Its own failure is only a warning: the apply's error is the first cause. */
export async function cleanUp(call: Call, backend: Backend, { worker, applier }: Plan, made: Made, end: End): Promise<void> {
  const emit = (event: MayflyEvent) => call.emit(event);
  const warn = (message: string) => emit({ type: 'warning', message });
  try {
    const objects = await backend.list(worker);
    if (objects.some((object) => made.isOthers(object))) return await removeOwn(backend, objects, made, warn);
    const { layout, clock } = call;
    const ended = await endLocked({ backend, worker, layout, clock, warn, ...end }, end.reason, objects);
    emit({ type: 'ended', worker, reason: ended.reason, why: describeEnd(ended) });
    await forgetState(call, backend.name, worker, applier);
  } catch (failure) {
    warn(
      `the created objects could not be removed yet: ${toMayflyError(failure).message}; the keeper removes them, or run \`mayfly destroy ${worker}\``,
    );
  }
}

/** Removes only our containers: another apply created a part of the worker at the same time. Objects that its containers may use stay. */
async function removeOwn(backend: Backend, objects: readonly OwnedObject[], made: Made, warn: (message: string) => void): Promise<void> {
  const own = objects.filter((object) => object.address !== '' && object.status !== 'present' && !made.isOthers(object));
  await endOnly(backend, (worker) => backend.list(worker), own);
  const left = objects.filter((object) => !own.includes(object)).map(({ name }) => name);
  warn(`another apply creates this worker at the same time; these objects stay: ${left.join(', ')}`);
}

/** @throws MayflyError `plan_stale` where an object is not the one that this apply created or found */
export function assertSame(worker: string, listed: readonly OwnedObject[], ids: ReadonlyMap<string, unknown>): void {
  const other = listed.find(({ address, id }) => ids.has(address) && ids.get(address) !== id);
  if (!other) return;
  throw new MayflyError('plan_stale', {
    place: { path: worker },
    cause: `another apply has replaced ${other.name} meanwhile`,
    remedy: 'run the same command again, or give one of the two workers another name (--name)',
  });
}
