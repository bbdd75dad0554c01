import { type Labels, labelKeys, ownerOf } from '../../labels.js';
import type { OwnedObject } from '../backend.js';
import type { Aws } from './clients.js';
import { commonPrefix, rolePath, workerOfRole } from '../../spec/aws-names.js';
import { pages } from './pages.js';
import { type Part, partsOf } from './parts.js';

/** All of a worker's objects. Each is asked for by its name: lists and the tagging API are minutes behind, its own service is not. */
export async function listWorker(aws: Aws, worker: string, signal?: AbortSignal): Promise<OwnedObject[]> {
  const parts = (await partsOf(aws, worker, signal)).filter(({ labels }) => ownerOf(labels) === worker);
  // For what tells no time: nothing of this life is older than its schedule group, which is made first.
  const times = parts.flatMap(({ createdAt, address }) => (createdAt && address !== '' ? [createdAt.getTime()] : []));
  const oldest = times.length > 0 ? Math.min(...times) : aws.clock.now() + (aws.skew() ?? 0);
  return parts.flatMap((part) => [toObject(part, worker, oldest), ...leaseOf(part, worker, oldest)]);
}

/** All that is ours: who there is by tags and by names, then each by itself. */
export async function listAll(aws: Aws, signal?: AbortSignal): Promise<OwnedObject[]> {
  const names = new Set((await Promise.all([namesByTags(aws, signal), namesOfGroups(aws, signal), namesOfRoles(aws, signal)])).flat());
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

function toObject({ type, id, name, labels, address, createdAt, status, exitCode }: Part, worker: string, oldest: number): OwnedObject {
  const at = address ?? labels[labelKeys.address] ?? '';
  return {
    id,
    name: name ?? id,
    type,
    address: at,
    worker,
    labels: withoutLease({ ...labels, [labelKeys.address]: at }),
    createdAt: createdAt?.getTime() ?? oldest,
    status: status ?? 'present',
    exitCode: exitCode ?? null,
  };
}

/** The lease is tags of the schedule group, and an object of its own to whoever looks. */
function leaseOf({ type, id, labels }: Part, worker: string, createdAt: number): OwnedObject[] {
  if (type !== 'aws_scheduler_schedule_group' || labels[labelKeys.ends] === undefined) return [];
  const { [labelKeys.address]: _address, ...lease } = labels;
  return [{ id, name: `${id}-lease-1`, type: 'lease', address: '', worker, labels: lease, createdAt, status: 'present', exitCode: null }];
}

function withoutLease(labels: Labels): Labels {
  const { [labelKeys.ends]: _ends, [labelKeys.maxDuration]: _maxDuration, ...own } = labels;
  return own;
}
