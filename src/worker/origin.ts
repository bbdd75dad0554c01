import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError } from '../errors.js';
import { currentLease, engineOf } from '../lease/deadline.js';
import type { Plan } from '../plan/plan.js';

/**
 * The origin of the spec that a worker was made from, or last adopted for. Empty: no file. `null`: unknown, as for workers of an earlier
 * version.
 */
export function originOfWorker(objects: readonly OwnedObject[]): string | null {
  return currentLease(objects)?.terms.origin ?? engineOf(objects)?.labels.origin ?? null;
}

/** Whether a spec of origin `own` may change a worker that was made from `made`. */
export function compareOrigins(made: string | null, own: string): Plan['origin']['match'] {
  if (made === own) return 'same';
  return made ? 'other' : 'unknown';
}

/** A warning where a plan changes a worker that was made from another spec. */
export function originWarnings({ spec, worker, match, adopt }: Plan['origin'], changes: boolean): string[] {
  if (!changes || match === 'same') return [];
  if (match === 'unknown') return ['the worker has no record of its spec: it may have been made from another one'];
  const made = `it was made from ${worker}, and this spec is ${described(spec)}`;
  return [adopt ? `${made}: it is adopted` : `${made}: apply refuses to change it without --adopt`];
}

/** @throws MayflyError `other_origin` where the plan would change a worker of another spec, and `--adopt` is not given */
export function assertOrigin({ worker, origin, changes, leaseMove }: Plan): void {
  if (origin.match !== 'other' || origin.adopt || !changesWorker({ changes, leaseMove })) return;
  throw new MayflyError('other_origin', {
    place: { path: worker },
    cause: `a worker of this name was made from ${origin.worker}, and this spec, which would change it, is ${described(origin.spec)}`,
    remedy: 'give the new worker another name with --name, or adopt the existing one with --adopt',
  });
}

export function changesWorker({ changes, leaseMove }: Pick<Plan, 'changes' | 'leaseMove'>): boolean {
  return leaseMove !== null || changes.some(({ action }) => action !== 'none');
}

function described(origin: string): string {
  return origin === '' ? 'from no file' : origin;
}
