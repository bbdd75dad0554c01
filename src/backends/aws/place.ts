import { MayflyError } from '../../errors.js';
import { labelKeys } from '../../labels.js';

type Environment = Record<string, string | undefined>;

/** Place of workers on AWS. */
export interface Place {
  region: string;
  /** The cluster's name; `shared`: none is given, it is the one that workers share. */
  cluster: string;
  shared: boolean;
  /** `null`: the default subnets of the default VPC. */
  subnets: string[] | null;
  /** Endpoint of an emulator; `null`: AWS itself. */
  url: string | null;
}

export const sharedCluster = 'mayfly';

/** Tag that distinguishes the cluster made by mayfly from others. */
export const sharedTag = { [labelKeys.shared]: 'cluster' };

/** @throws MayflyError `backend_unreachable` if no region is set: AWS is then not in use, and its SDK is not loaded */
export function placeOf(env: Environment): Place {
  const region = env['MAYFLY_AWS_REGION'] || env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (!region) {
    throw new MayflyError('backend_unreachable', {
      cause: 'no AWS region is set',
      remedy: 'set aws_region in mayfly.config.yaml, or AWS_REGION',
    });
  }
  const subnets = (env['MAYFLY_AWS_SUBNETS'] ?? '').split(',').filter((one) => one !== '');
  const cluster = env['MAYFLY_AWS_CLUSTER'] || null;
  return {
    region,
    cluster: cluster ?? sharedCluster,
    shared: cluster === null || cluster === sharedCluster,
    subnets: subnets.length > 0 ? subnets : null,
    url: env['AWS_ENDPOINT_URL'] || null,
  };
}

/** Endpoint of a place. It holds no cluster, because workers are found in all clusters of a region. */
export function endpointOf({ region, url }: Place): string {
  return `ecs:${region}${url === null ? '' : `@${url}`}`;
}
