import { MayflyError } from '../../errors.js';
import { labelKeys } from '../../labels.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';
import { sharedTag } from './place.js';
import { ecsTags, labelsFrom } from './tags.js';

async function findCluster(aws: Aws, signal?: AbortSignal) {
  const { clusters = [] } = await aws.ecs.describeClusters({ clusters: [aws.place.cluster], include: ['TAGS'] }, signal);
  return clusters.find(({ status }) => status !== 'INACTIVE') ?? null;
}

/**
 * Makes the cluster that workers share, if it is missing. It has no capacity provider: services with launch type Fargate need none, and
 * without one the cluster exists at once.
 *
 * @throws MayflyError `backend_refused` if the cluster of the settings is missing
 */
export async function ensureCluster(aws: Aws, signal?: AbortSignal): Promise<void> {
  const { cluster, shared } = aws.place;
  if (await findCluster(aws, signal)) return;
  if (!shared) {
    throw new MayflyError('backend_refused', {
      place: { path: cluster },
      cause: `there is no ECS cluster ${cluster} in ${aws.place.region}`,
      remedy: 'create it, or omit aws_cluster: then mayfly creates its own',
    });
  }
  await aws.ecs.createCluster({ clusterName: cluster, tags: ecsTags(sharedTag) }, signal);
}

/** Removes the cluster if it is ours and empty. @returns its name if it was removed, or with `dryRun` would be */
export async function removeUnusedCluster(aws: Aws, dryRun: boolean): Promise<string[]> {
  const { cluster } = aws.place;
  const found = await findCluster(aws);
  if (!found || labelsFrom(found.tags)[labelKeys.shared] !== sharedTag[labelKeys.shared]) return [];
  const [{ serviceArns = [] }, { taskArns = [] }] = await Promise.all([aws.ecs.listServices({ cluster }), aws.ecs.listTasks({ cluster })]);
  if (serviceArns.length > 0 || taskArns.length > 0) return [];
  try {
    if (!dryRun) await aws.ecs.deleteCluster({ cluster });
    return [cluster];
  } catch (error) {
    // Another command has started to use the cluster: it stays.
    if (isNamed(error, 'ClusterContainsServicesException', 'ClusterContainsTasksException', 'UpdateInProgressException')) return [];
    if (isNamed(error, 'ClusterNotFoundException')) return [];
    throw error;
  }
}
