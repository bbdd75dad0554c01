import { v4, v5 } from 'uuid';
import type { Clock } from '../../clock.js';
import { MayflyError, type Problem } from '../../errors.js';
import { duration } from '../../spec/units.js';
import { engineName } from '../../spec/worker-spec.js';
import type { Allocation } from '../../tasks/allocations/allocation.js';
import { close, grantInterval, newAllocation, renew } from '../../tasks/allocations/decisions.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import { keyReused, queueFull } from '../intake-errors.js';
import { noContainer, termsOf } from '../tasks/pool.js';
import type { Allocations } from './allocations.js';

interface AllocationRequest extends Pick<Allocation, 'min' | 'max' | 'labels' | 'ttl'> {
  organisation: string;
  /** Finds its fleet. A repeated request does not need it: the fleet may be closed. */
  fleet(): Fleet;
  /** Default: the engine. */
  container?: string | undefined;
  /** The wish for the interval of renewals, in milliseconds; `null`: none. */
  interval: number | null;
  /** The client's own key: a repeated request with it returns the first one's allocation. */
  key?: string | undefined;
  bodyHash: string;
  /** The token that asks. */
  by: string;
}

interface AllocationCommandParts {
  allocations: Allocations;
  /** Resolves after the next pass of a queue. */
  passed(queue: string): Promise<void>;
  /** The most allocations that have not ended, over all organisations. See also `mostOfOrganisation`. */
  most: number;
  /** A UUID; ids of allocations with a key are made from it. */
  installation: string;
  clock: Pick<Clock, 'now'>;
}

/** Milliseconds in which a new worker is expected to take an allocation. A longer `ttl` would miss its worker's end. */
const grantTime = 10_000;

/** The most allocations of an organisation that have not ended. */
const mostOfOrganisation = 1_000;

type Asked = Pick<Allocation, 'container' | 'min' | 'max' | 'ttl'>;

/** Changes of allocations that people ask for. */
export class AllocationCommands {
  constructor(private readonly parts: AllocationCommandParts) {}

  /**
   * Stores an allocation, and grants it at once where a worker has room.
   *
   * @returns `created: false`: an earlier request with the same key has made it
   * @throws MayflyError `spec_invalid`, `not_possible` with all reasons why no worker of the fleet could ever give it, `key_reused`, `queue_full`
   */
  async add(request: AllocationRequest): Promise<{ allocation: Allocation; created: boolean }> {
    const { organisation, key, bodyHash, by, container = engineName, min, max, labels, ttl } = request;
    const { allocations, installation, clock, passed } = this.parts;
    const id = key === undefined ? v4() : v5(`allocation\n${organisation}\n${key}`, installation);
    const now = clock.now();
    const earlier = key === undefined ? null : await allocations.find(id);
    const fleet = earlier?.fleet ?? this.fleetFor(request.fleet(), { container, min, max, ttl }, now);
    const interval = grantInterval(request.interval);
    const allocation = newAllocation({ id, organisation, fleet, container, min, max, labels, ttl, interval, now });
    const data = { allocation: id, by, container, min, max, ttl: ttl / 1000, labels };
    const inserted = await allocations.insert({ allocation, bodyHash, event: { at: now, type: 'allocation_waiting', data } });
    if (!inserted.stored) {
      if (inserted.bodyHash !== bodyHash) throw keyReused('allocation', id);
      return { allocation: inserted.existing, created: false };
    }
    await passed(fleet);
    return { allocation: (await allocations.find(id)) ?? allocation, created: true };
  }

  /** The fleet of a new allocation. @throws MayflyError where it could never give it, or has no room for another one */
  private fleetFor(fleet: Fleet, asked: Asked, now: number): string {
    const { allocations, most } = this.parts;
    assertPossible(fleet, asked, now);
    if (allocations.size >= most) throw queueFull('allocation', most);
    if (allocations.countOf(fleet.organisation) >= mostOfOrganisation)
      throw queueFull('allocation', mostOfOrganisation, fleet.organisation);
    return fleet.id;
  }

  /** @param asked the wish for the interval, in milliseconds; `null`: the last one stays. @throws MayflyError `not_possible` for one that ends */
  renew({ id }: Allocation, asked: number | null): Promise<Allocation> {
    return this.parts.allocations.change(id, (one, now) =>
      renew(one, { interval: asked === null ? one.interval : grantInterval(asked), now }),
    );
  }

  /** Ends an allocation. Running tasks continue, and it keeps its resources until they have ended. */
  free({ id }: Allocation): Promise<Allocation> {
    return this.parts.allocations.change(id, (one, now) => close(one, { reason: 'freed', now }));
  }
}

/** @throws MayflyError `spec_invalid` for a least above the most, `not_possible` where no worker of the fleet could ever give it */
function assertPossible(fleet: Fleet, { container, min, max, ttl }: Asked, now: number): void {
  const kinds = ['cpu', 'memory'] as const;
  const above = kinds
    .filter((kind) => min[kind] > max[kind])
    .map((kind) =>
      problem(`min.${kind}`, `must be at most max.${kind}: min is ${min[kind]}, and max is ${max[kind]}`, 'lower min, or raise max'),
    );
  if (above[0]) throw new MayflyError('spec_invalid', { ...above[0], problems: above });
  const { rooms, longest } = termsOf({ fleet }, now);
  const room = rooms.get(container);
  const most = longest - grantTime;
  const problems = [
    ...(room ? [] : [noContainer(rooms, container)]),
    ...kinds
      .filter((kind) => room && min[kind] > room[kind])
      .map((kind) =>
        problem(
          `min.${kind}`,
          `the least is ${min[kind]}, and ${container} of a worker has ${room![kind]}`,
          'ask for less, or name another fleet',
        ),
      ),
    ...(ttl <= most
      ? []
      : [
          problem(
            'ttl',
            `a worker of the fleet takes tasks for ${duration(Math.max(0, most) / 1000)}, and the allocation is for ${duration(ttl / 1000)}`,
            'give a shorter ttl, or use a fleet with a longer max_duration',
          ),
        ]),
  ];
  if (problems[0]) throw new MayflyError('not_possible', { ...problems[0], problems });
}

function problem(path: string, cause: string, remedy: string): Problem {
  return { place: { path }, cause, remedy };
}
