import type { Implementation } from '../ports/entry.js';
import { awsCapabilities } from './capabilities.js';
import { awsBackend } from './index.js';
import { leastPolicy, partitionOf } from './least-policy.js';
import { sharedCluster } from './place.js';

export const implementation: Implementation = {
  open: awsBackend,
  columns: { aws: awsCapabilities },
  installKeeper: null,
  // No call to AWS: the administrator who creates mayfly's role may have other credentials, or none.
  policy(env) {
    const region = env['MAYFLY_AWS_REGION'] || env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '*';
    return leastPolicy({ partition: partitionOf(region), region, account: '*', cluster: env['MAYFLY_AWS_CLUSTER'] || sharedCluster });
  },
};
