import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { LeaseTerms } from '../backends/shared/own-labels.js';
import { MayflyError } from '../errors.js';
import { everyContainer, lifetime, type WorkerSpec } from '../spec/worker-spec.js';
import { bornAt, currentLease, type Lease, latestEnd } from './deadline.js';

/** Times of a lease, in milliseconds since the epoch by the node's clock. */
export interface LeaseMove {
  from: number;
  to: number;
}

/** The values of a spec that its worker's lease records. `maxLifetime`: seconds from the birth; no extension goes beyond. */
export function termsOf(
  spec: WorkerSpec,
  {
    birth,
    ...more
  }: Pick<Required<LeaseTerms>, 'maxLifetime' | 'origin' | 'copied'> &
    Pick<LeaseTerms, 'retain'> & { birth: Pick<LeaseTerms, 'until' | 'dispatcher' | 'name'> },
): LeaseTerms {
  const containers = everyContainer(spec).map(({ name }) => name);
  return { lifetime: lifetime(spec), maxDuration: spec.max_duration, containers, ...more, ...birth };
}

/** Whether a lease names the containers of a spec. `true` for a lease without names: of an older version, or of a backend without room for them. */
export function namesContainers({ containers }: LeaseTerms, spec: WorkerSpec): boolean {
  const names = everyContainer(spec).map(({ name }) => name);
  return containers === undefined || containers.join() === names.join();
}

/**
 * Moves a lease by the difference after an edit of `max_duration`.
 *
 * @returns `null` where the duration has not changed
 * @throws MayflyError `lease_refused` beyond the worker's latest end, or into the past
 */
export function moveByEdit(
  spec: WorkerSpec,
  { endsAt: from, terms }: Lease,
  { now, latest }: { now: number; latest: number },
): LeaseMove | null {
  const made = terms.maxDuration ?? spec.max_duration;
  if (made === spec.max_duration) return null;
  const to = from + (spec.max_duration - made) * 1000;
  const refuse = (cause: string, remedy: string) => refused('max_duration', cause, remedy);
  if (to > latest) {
    throw refuse(
      `the worker would end at ${new Date(to).toISOString()}, and may not live beyond ${new Date(latest).toISOString()} (its max_lifetime)`,
      `give it less, or end it with \`mayfly destroy ${spec.name}\` and apply again`,
    );
  }
  if (to > now) return { from, to };
  throw refuse(
    `the worker would have ended at ${new Date(to).toISOString()} already`,
    `give it longer, or end it with \`mayfly destroy ${spec.name}\``,
  );
}

/**
 * Computes a move of a worker's end by `seconds`; negative: earlier. `maxLifetime`: the caller's bound, in seconds from the worker's birth;
 * the bound in the worker's labels applies as well.
 *
 * @throws MayflyError `lease_refused` without a lease, beyond a bound, or into the past
 */
export function moveBy(
  worker: string,
  objects: readonly OwnedObject[],
  seconds: number,
  { now, maxLifetime }: { now: number; maxLifetime: number },
): LeaseMove & { terms: LeaseTerms } {
  const lease = currentLease(objects);
  if (!lease) throw refused(worker, 'the worker is not ready yet, so it has no lease to move', 'wait until apply is done');
  const from = lease.endsAt;
  assertBefore(worker, from, now);
  const to = from + seconds * 1000;
  const born = bornAt(objects);
  const ours = born + maxLifetime * 1000;
  const cap = Math.min(ours, latestEnd(objects));
  if (to > cap) {
    const most = Math.max(0, Math.floor((cap - from) / 1000));
    const longest = Math.floor((cap - born) / 1000);
    throw refused(
      worker,
      `the worker may not live longer than ${longest} s (${cap === ours ? 'max_lifetime' : 'the max_lifetime that it was made with'})`,
      `extend it by ${most} s at most, or ${cap === ours ? 'raise max_lifetime in mayfly.config.yaml' : 'end it and apply its spec again'}`,
    );
  }
  if (to <= now) throw refused(worker, 'the new end would be in the past', `end it with \`mayfly destroy ${worker}\``);
  return { from, to, terms: lease.terms };
}

/** @throws MayflyError `lease_refused` once the end has passed: a keeper may be ending the worker */
export function assertBefore(worker: string, endsAt: number, now: number): void {
  if (now < endsAt) return;
  throw refused(worker, 'the worker has expired and is being ended', 'wait until it has ended, then apply its spec again');
}

function refused(path: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('lease_refused', { place: { path }, cause, remedy });
}
