import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { EndReason, MayflyEvent } from '../events.js';
import { endOnly } from '../lease/end-only.js';
import { endLocked } from '../lease/end-worker.js';
import type { Plan } from '../plan/plan.js';
import { forgetState } from './destroy.js';
import type { Call } from './call.js';

/** What an apply of a worker that was not there before has made of it. */
export class Made {
  private readonly tried = new Set<string>();
  private readonly found = new Set<string>();

  /** Right before an object is made. */
  trying(address: string): void {
    this.tried.add(address);
  }

  /** The object was there by then: somebody else made it. */
  wasThere(id: string): void {
    this.found.add(id);
  }

  /** Whether an object of the worker is another's. An applier that reports nothing made all there is. */
  isOthers({ address, id }: OwnedObject): boolean {
    return address !== '' && this.tried.size > 0 && (this.found.has(id) || !this.tried.has(address));
  }
}

/** Removes what a failed apply made. That it could not is told beside the first error, never instead of it. */
export async function cleanUp(call: Call, backend: Backend, { worker, applier }: Plan, made: Made, reason: EndReason): Promise<void> {
  const emit = (event: MayflyEvent) => call.emit(event);
  const warn = (message: string) => emit({ type: 'warning', message });
  try {
    const objects = await backend.list(worker);
    if (objects.some((object) => made.isOthers(object))) return await removeOwn(backend, objects, made, warn);
    const { layout, clock } = call;
    await endLocked({ backend, worker, layout, clock, warn }, reason, objects);
    emit({ type: 'ended', worker, reason });
    await forgetState(call, backend.name, worker, applier);
  } catch (failure) {
    warn(
      `what was made could not be removed yet: ${toMayflyError(failure).message}; the keeper ends it, or run \`mayfly destroy ${worker}\``,
    );
  }
}

/** Another apply made a part of the worker at the same time: its containers stay, and what they may use. */
async function removeOwn(backend: Backend, objects: readonly OwnedObject[], made: Made, warn: (message: string) => void): Promise<void> {
  const own = objects.filter((object) => object.address !== '' && object.status !== 'present' && !made.isOthers(object));
  await endOnly(backend, (worker) => backend.list(worker), own);
  const left = objects.filter((object) => !own.includes(object)).map(({ name }) => name);
  warn(`another apply is making this worker too: its ${left.join(', ')} stay`);
}

/** @throws MayflyError `plan_stale` where an object is not the one that this apply made or found */
export function assertSame(worker: string, listed: readonly OwnedObject[], ids: ReadonlyMap<string, unknown>): void {
  const other = listed.find(({ address, id }) => ids.has(address) && ids.get(address) !== id);
  if (!other) return;
  throw new MayflyError('plan_stale', {
    place: { path: worker },
    cause: `${other.name} is not what was made: another apply has replaced it meanwhile`,
    remedy: 'run the same command again, or give one of the two workers another name (--name)',
  });
}
