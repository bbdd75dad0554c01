import { MayflyError } from '../../errors.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Workers } from '../../tasks/stealing/workers.js';
import { assertWithin } from '../fleets/fleet-commands.js';
import type { Fleets } from '../fleets/fleets.js';
import type { Limits } from '../limits.js';

/**
 * @throws MayflyError `spec_invalid` for a `min` above `max`, `limit_exceeded` if the organisation may never have `min` workers at the same
 * time, `not_possible` for a fleet that does not lend so many
 */
export function assertWorkers(
  organisation: string,
  spec: WorkerSpec,
  { min, max, aux }: Workers,
  { limits, fleets }: { limits: Limits; fleets: Pick<Fleets, 'find'> },
): void {
  // Workers of a fleet are within the limits by themselves.
  const own = aux === null ? min : 1;
  if (min > max || own > 1) assertWithin(limits, { organisation, spec, min: min > max ? min : own, max }, 'workers.min');
  if (aux === null) return;
  const fleet = fleets.find(organisation, aux);
  if (!fleet || fleet.state !== 'open') throw noFleet(aux);
  if (fleet.aux < Math.max(1, min - 1)) throw lendsTooFew(aux, fleet.aux, min);
}

function noFleet(name: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: 'workers.aux' },
    cause: `the organisation has no fleet ${name}`,
    remedy: 'name a fleet of GET /v1/fleets, or leave `aux` out',
  });
}

function lendsTooFew(name: string, aux: number, min: number): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: 'workers.aux' },
    cause: `the fleet ${name} lends ${aux === 0 ? 'no workers' : `${aux}`}, and the run asks for ${min > 1 ? `at least ${min - 1}` : 'some'}`,
    remedy: 'raise `aux` of the fleet, or leave it out here',
  });
}
