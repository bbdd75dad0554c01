import { labelKeys } from '../../labels.js';
import { isName } from '../../spec/names.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { type OwnLabels, parseLease, parseLoose, parseResource, partsOfAddress } from '../shared/own-labels.js';
import type { Aws } from './clients.js';
import { commonPrefix, rolePath, workerOfRole } from './names.js';
import { pages } from './pages.js';
import { type Part, partsOf } from './parts.js';

/** Returns a worker's objects. Each is described by its name: lists and the tagging API lag by minutes, describe calls do not. */
export async function listWorker(aws: Aws, worker: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  if (!isName(worker)) return [];
  const parts = (await partsOf(aws, worker, signal)).flatMap((part) => ownPart(part, worker) ?? []);
  // For objects without a creation time: the schedule group is created first, so none is older.
  const times = parts.flatMap(({ part: { createdAt }, own }) => (createdAt && own.address !== '' ? [createdAt.getTime()] : []));
  const oldest = times.length > 0 ? Math.min(...times) : aws.clock.now() + (aws.skew() ?? 0);
  return parts.flatMap((one) => [toObject(one, oldest), ...leaseOf(one, oldest)]);
}

/** Returns all objects of ours: finds the workers' names by tags and by object names, then lists each worker. */
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

/** Finds workers by their schedule groups, created first and removed last. The tagging API lags, and moto's lists no groups. */
async function namesOfGroups(aws: Aws, signal?: AbortSignal): Promise<string[]> {
  const groups = await pages(async (NextToken) => {
    const page = await aws.scheduler.listScheduleGroups({ NamePrefix: commonPrefix, NextToken }, signal);
    return { items: page.ScheduleGroups ?? [], next: page.NextToken };
  });
  return groups.map(({ Name = '' }) => Name.slice(commonPrefix.length));
}

/** Finds workers by their roles, which the tagging API does not list. */
async function namesOfRoles(aws: Aws, signal?: AbortSignal): Promise<string[]> {
  const roles = await pages(async (Marker) => {
    const page = await aws.iam.listRoles({ PathPrefix: rolePath, Marker }, signal);
    return { items: page.Roles ?? [], next: page.IsTruncated ? page.Marker : undefined };
  });
  return roles.flatMap(({ RoleName = '' }) => workerOfRole(RoleName, aws.place.region) ?? []);
}

/** A part whose labels name this worker. */
interface OwnPart {
  part: Part;
  own: OwnLabels;
}

/** Checks the labels of a part, which was found by its name. `null`: it is not ours. */
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

/** Returns the lease in the tags of a schedule group as an object of its own. */
function leaseOf({ part: { type, id, labels }, own }: OwnPart, createdAt: number): OwnedObject[] {
  const lease = type === 'aws_scheduler_schedule_group' ? parseLease(labels) : null;
  if (!lease) return [];
  const { worker } = own;
  const common = { id, name: `${id}-lease-1`, type: 'lease', address: '', worker, createdAt, status: 'present' as const, exitCode: null };
  return [{ ...common, labels: { ...own, address: '' }, lease: { ...lease, number: 1 } }];
}
