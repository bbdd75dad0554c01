import { labelKeys } from '../../labels.js';
import { isName } from '../../spec/names.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { type OwnLabels, parseLease, parseLoose, parseResource, partsOfAddress } from '../shared/own-labels.js';
import type { Aws } from './clients.js';
import { commonPrefix, rolePath, workerOfRole } from './names.js';
import { pages } from './pages.js';
import { type Part, partsOf } from './parts.js';

/** All of a worker's objects. Each is asked for by its name: lists and the tagging API are minutes behind, its own service is not. */
export async function listWorker(aws: Aws, worker: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  if (!isName(worker)) return [];
  const parts = (await partsOf(aws, worker, signal)).flatMap((part) => ownPart(part, worker) ?? []);
  // For what tells no time: nothing of this life is older than its schedule group, which is made first.
  const times = parts.flatMap(({ part: { createdAt }, own }) => (createdAt && own.address !== '' ? [createdAt.getTime()] : []));
  const oldest = times.length > 0 ? Math.min(...times) : aws.clock.now() + (aws.skew() ?? 0);
  return parts.flatMap((one) => [toObject(one, oldest), ...leaseOf(one, oldest)]);
}

/** All that is ours: who there is by tags and by names, then each by itself. */
export async function listAll(aws: Aws, signal?: AbortSignal): Promise<OwnedObject[]> {
  const found = await Promise.all([namesByTags(aws, signal), namesOfGroups(aws, signal), namesOfRoles(aws, signal)]);
  const names = new Set(found.flat().filter(isName));
  return (await Promise.all([...names].sort().map((name) => listWorker(aws, name, signal)))).flat();
}

async function namesByTags(aws: Aws, signal?: AbortSignal): Promise<string[]> {
  const TagFilters = [{ Key: labelKeys.worker }];
  const resources = await pages(async (PaginationToken) => {
    const page = await aws.tagging.getResources({ TagFilters, PaginationToken }, signal);
    return { items: page.ResourceTagMappingList ?? [], next: page.PaginationToken };
  });
  return resources.flatMap(({ Tags = [] }) => Tags.flatMap(({ Key, Value }) => (Key === labelKeys.worker && Value ? [Value] : [])));
}

/** A group is the first that is made and the last that goes; the tagging API may not know it yet, and moto's never does. */
async function namesOfGroups(aws: Aws, signal?: AbortSignal): Promise<string[]> {
  const groups = await pages(async (NextToken) => {
    const page = await aws.scheduler.listScheduleGroups({ NamePrefix: commonPrefix, NextToken }, signal);
    return { items: page.ScheduleGroups ?? [], next: page.NextToken };
  });
  return groups.map(({ Name = '' }) => Name.slice(commonPrefix.length));
}

/** The tagging API lists no roles. */
async function namesOfRoles(aws: Aws, signal?: AbortSignal): Promise<string[]> {
  const roles = await pages(async (Marker) => {
    const page = await aws.iam.listRoles({ PathPrefix: rolePath, Marker }, signal);
    return { items: page.Roles ?? [], next: page.IsTruncated ? page.Marker : undefined };
  });
  return roles.flatMap(({ RoleName = '' }) => workerOfRole(RoleName, aws.place.region) ?? []);
}

/** A part, and its labels once they are known to be this worker's. */
interface OwnPart {
  part: Part;
  own: OwnLabels;
}

/** Parts are found by names made of the worker's; their labels must agree. `null`: not ours. */
function ownPart(part: Part, worker: string): OwnPart | null {
  const address = part.address ?? part.labels[labelKeys.address] ?? '';
  const own = address === '' ? parseLoose(part.labels) : parseResource({ ...part.labels, [labelKeys.address]: address });
  if (own?.worker !== worker || (address !== '' && partsOfAddress(address).type !== part.type)) return null;
  return { part, own };
}

function toObject({ part: { type, id, name, createdAt, status, exitCode, containers }, own }: OwnPart, oldest: number): OwnedObject {
  return {
    id,
    name: name ?? id,
    type,
    address: own.address,
    worker: own.worker,
    labels: own,
    createdAt: createdAt?.getTime() ?? oldest,
    status: status ?? 'present',
    exitCode: exitCode ?? null,
    ...(containers && { containers }),
  };
}

/** The lease is tags of the schedule group, and an object of its own to whoever looks. */
function leaseOf({ part: { type, id, labels }, own }: OwnPart, createdAt: number): OwnedObject[] {
  const lease = type === 'aws_scheduler_schedule_group' ? parseLease(labels) : null;
  if (!lease) return [];
  const { worker } = own;
  const common = { id, name: `${id}-lease-1`, type: 'lease', address: '', worker, createdAt, status: 'present' as const, exitCode: null };
  return [{ ...common, labels: { ...own, address: '' }, lease: { ...lease, number: 1 } }];
}
