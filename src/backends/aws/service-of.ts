import type { Service } from '@aws-sdk/client-ecs';
import { labelKeys } from '../../labels.js';
import { awsNames } from './names.js';
import type { Aws } from './clients.js';
import { ifThere } from './errors.js';
import { findService } from './resources/service.js';
import { labelsFrom } from './tags.js';

/** The cluster of a worker, from its schedule group: the settings may name another one now. */
export async function clusterOf(aws: Aws, worker: string, signal?: AbortSignal): Promise<string> {
  const { account, partition } = await aws.identity();
  const { region, cluster } = aws.place;
  const ResourceArn = `arn:${partition}:scheduler:${region}:${account}:schedule-group/${awsNames(worker, region).common}`;
  const found = await ifThere(() => aws.scheduler.listTagsForResource({ ResourceArn }, signal), 'ResourceNotFoundException');
  return labelsFrom(found?.Tags)[labelKeys.cluster] ?? cluster;
}

/** A worker's service, in the worker's own cluster; `null` if it has none. */
export async function serviceOf(aws: Aws, worker: string, signal?: AbortSignal): Promise<Service | null> {
  const id = awsNames(worker, aws.place.region).common;
  return findService(aws, { cluster: await clusterOf(aws, worker, signal), id }, signal);
}
