import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError } from '../errors.js';
import { codesOf } from '../lease/copied.js';
import { currentLease, fenceOf } from '../lease/deadline.js';
import { nodeNow } from '../lease/node-now.js';
import { namesContainers, termsOf } from '../lease/terms.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { birthIn } from './birth.js';
import type { Call } from './call.js';
import { originOfWorker } from './origin.js';
import type { Planned } from './plan.js';

/**
 * Writes the lease when the worker becomes ready, after an edit of `max_duration`, and for an adoption, other or replaced containers. Only an
 * edit of `max_duration` moves an existing end. `retain`: see `ApplyOptions`. @returns the end in milliseconds since the epoch
 */
export async function fixLease(
  call: Call,
  backend: Backend,
  spec: WorkerSpec,
  { plan, variables }: Planned,
  objects: readonly OwnedObject[],
  retain: number | undefined,
): Promise<number> {
  const lease = currentLease(objects);
  const { origin = '' } = variables;
  const adopted = (originOfWorker(objects) ?? origin) !== origin;
  const copied = codesOf(spec, objects);
  const listed = lease?.terms.copied ?? copied;
  const same = listed.join() === copied.join();
  if (lease && !plan.leaseMove && !adopted && same && namesContainers(lease.terms, spec)) return lease.endsAt;
  const now = await nodeNow(backend, call.clock);
  const ends = plan.leaseMove?.to ?? lease?.endsAt ?? firstEnd(spec, objects, now);
  const seconds = Math.ceil(ends / 1000);
  const kept = retain ?? lease?.terms.retain;
  const terms = termsOf(spec, {
    ...{ maxLifetime: call.settings.maxLifetime, origin, copied, birth: birthIn(variables) },
    ...(kept !== undefined && { retain: kept }),
  });
  await backend.writeLease(spec.name, terms, seconds);
  return seconds * 1000;
}

/** The end of the first lease. @throws MayflyError `not_ready` where the latest end of the worker has passed: a keeper ends it */
function firstEnd(spec: WorkerSpec, objects: readonly OwnedObject[], now: number): number {
  const latest = fenceOf(objects);
  if (now < latest) return Math.min(now + spec.max_duration * 1000, latest);
  throw new MayflyError('not_ready', {
    place: { path: spec.name },
    cause: `its latest end, ${new Date(latest).toISOString()}, has passed before it was ready`,
    remedy: 'apply its spec again',
    timedOut: true,
  });
}
