import { MayflyError } from '../../errors.js';
import { labelKeys } from '../../labels.js';

type Environment = Record<string, string | undefined>;

/** Where on AWS workers live. */
export interface Place {
  region: string;
  /** The cluster's name; `shared`: none is given, it is the one that workers share. */
  cluster: string;
  shared: boolean;
  /** `null`: the default ones of the default VPC. */
  subnets: string[] | null;
  /** Other than AWS's own: an emulator. */
  url: string | null;
}

export const sharedCluster = 'mayfly';

/** Tells the cluster that we made from one that somebody else did. */
export const sharedTag = { [labelKeys.shared]: 'cluster' };

/** @throws MayflyError `backend_unreachable` where no region is set: then AWS isn't meant, and nothing of its SDK is loaded. */
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

/** Tells two places apart. Workers are found in all of a region, whichever cluster they are in. */
export function endpointOf({ region, url }: Place): string {
  return `ecs:${region}${url === null ? '' : `@${url}`}`;
}
