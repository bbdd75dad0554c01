import * as z from 'zod';
import { type Allocation, allocationReasons, allocationStates, expiresAt } from '../../tasks/allocations/allocation.js';
import { iso, isoOrNull } from '../iso.js';
import { duration } from '../settings/fields.js';
import { labels } from '../run-fields.js';

// The JSON of allocations. Times are ISO 8601 in UTC, lengths in seconds, cpu in millicores, memory in MB.

const resources = z.strictObject({ cpu: z.int().min(1), memory: z.int().min(1) });

/** The wish for an interval: the service grants one of 10 s to 5 min. */
const interval = duration({ least: '1s' })
  .optional()
  .meta({ description: 'A wish for the time between renewals, such as `2m`. The service grants 10 s to 5 min, by default 1 min' });

export const newAllocationDocument = z
  .strictObject({
    fleet: z.string().max(31).meta({ description: 'Name of the fleet' }),
    container: z.string().max(63).optional().meta({ description: 'The container with the resources. Default: `engine`' }),
    min: resources.meta({ description: 'The least: millicores and MB of one worker' }),
    max: resources.optional().meta({ description: 'The most. Default: the least' }),
    labels: labels.default({}).meta({ description: 'Free labels, shown with the worker while it has the allocation' }),
    ttl: duration({ least: '1s' }).meta({ description: 'How long it lasts from its grant on, such as `1h`' }),
    interval,
  })
  .meta({ id: 'NewAllocation' });

export const renewalDocument = z.strictObject({ interval }).meta({ id: 'Renewal' });

const amounts = z.object({ cpu: z.int(), memory: z.int() });
const time = z.iso.datetime().nullable();

export const allocationDocument = z
  .object({
    id: z.uuid(),
    fleet: z.uuid().meta({ description: 'The id of the fleet' }),
    state: z.enum(allocationStates),
    reason: z.enum(allocationReasons).nullable().meta({ description: 'Why it ends' }),
    waits_because: z.string().nullable().meta({ description: 'Why it is not granted yet' }),
    container: z.string(),
    min: amounts,
    max: amounts,
    granted: amounts.nullable(),
    worker: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    ttl: z.number(),
    interval: z.number().meta({ description: 'Seconds from one renewal to the next' }),
    renew_by: z.iso.datetime().meta({ description: 'The next renewal arrives by then, or the allocation ends' }),
    created: z.iso.datetime(),
    granted_at: time,
    expires: time,
    ended: time,
  })
  .meta({ id: 'Allocation' });

/** An allocation, as a worker that has it is shown with it. */
export const heldDocument = z
  .object({ allocation: z.uuid(), container: z.string(), cpu: z.int(), memory: z.int(), labels: z.record(z.string(), z.string()) })
  .meta({ id: 'WorkerAllocation' });

/** @param refused why its fleet has fewer workers than it needs; `null`: it has as many. `starting`: the number of those that start */
export function toAllocationDocument(
  allocation: Allocation,
  { refused, starting }: { refused: string | null; starting: number },
): z.infer<typeof allocationDocument> {
  const { id, fleet, state, reason, container, min, max, granted, worker, labels: free, ttl, interval: every } = allocation;
  const { renewBy, createdAt, grantedAt, endedAt } = allocation;
  return {
    ...{ id, fleet, state, reason, container, min: { ...min }, max: { ...max }, granted: granted && { ...granted }, worker },
    waits_because: state === 'waiting' ? (refused ?? noRoom(allocation, starting)) : null,
    ...{ labels: { ...free }, ttl: ttl / 1000, interval: every / 1000, renew_by: iso(renewBy), created: iso(createdAt) },
    ...{ granted_at: isoOrNull(grantedAt), expires: isoOrNull(expiresAt(allocation)), ended: isoOrNull(endedAt) },
  };
}

function noRoom({ container, min: { cpu, memory }, ttl }: Allocation, starting: number): string {
  const cause = `no ready worker has ${cpu} millicores and ${memory} MB free in ${container} for ${ttl / 1000} s`;
  return starting === 0 ? cause : `${cause}; ${starting} ${starting === 1 ? 'worker is' : 'workers are'} starting`;
}

/** @param allocations those that have resources of one worker */
export function toHeldDocuments(allocations: readonly Allocation[]): z.infer<typeof heldDocument>[] {
  return allocations.flatMap(({ id, container, granted, labels: free }) =>
    granted === null ? [] : [{ allocation: id, container, ...granted, labels: { ...free } }],
  );
}
