import { awsNames } from './names.js';
import type { Removal } from '../ports/ending.js';
import type { OwnedObject } from '../ports/owned-object.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';
import { poll, settlingPauses } from './patience.js';
import { removeLogGroup } from './resources/log-group.js';
import { removeRole } from './resources/role.js';
import { groupBorn, removeGroup } from './resources/schedule-group.js';
import { removeSecret } from './resources/secret.js';
import { removeSecurityGroup } from './resources/security-group.js';
import { removeService } from './resources/service.js';
import { removeDefinition } from './resources/task-definition.js';
import { serviceOf } from './service-of.js';
import { tasksOf } from './tasks.js';

type Remove = (aws: Aws, object: OwnedObject, all: readonly OwnedObject[], signal?: AbortSignal) => Promise<void>;

/**
 * Removals by type, in their order: objects that compute first; the schedule group with the lease last, so that remaining objects always have
 * an end. A type that is not named is removed together with its parent.
 */
const stages: Record<string, Remove>[] = [
  { aws_ecs_service: (aws, { id }, _all, signal) => removeService(aws, id, signal) },
  {
    aws_ecs_task_definition: (aws, { name }, _all, signal) => removeDefinition(aws, name, signal),
    aws_security_group: (aws, { id }, _all, signal) => removeSecurityGroup(aws, id, signal),
    aws_secretsmanager_secret: (aws, { id }, _all, signal) => removeSecret(aws, id, signal),
    aws_cloudwatch_log_group: (aws, { id }, _all, signal) => removeLogGroup(aws, id, signal),
    aws_iam_role: (aws, { id }, all, signal) => removeRole(aws, id, policiesOf(id, all), signal),
  },
  { aws_scheduler_schedule_group: (aws, { id }, _all, signal) => removeGroup(aws, id, signal) },
];

/**
 * Removes objects. Each stage is finished before its first failure is thrown. Objects after the service are removed by name, so it stops
 * where another machine has created the worker again meanwhile. `may` is called before each removal.
 */
export async function removeObjects(aws: Aws, objects: readonly OwnedObject[], may: Removal['may'], signal?: AbortSignal): Promise<void> {
  for (const [index, stage] of stages.entries()) {
    if (index > 0 && (await wasCreatedAgain(aws, objects, signal))) return;
    const remove = async (object: OwnedObject) => {
      const act = stage[object.type];
      if (act && (!may || (await may(object)))) await act(aws, object, objects, signal);
    };
    const results = await Promise.allSettled(objects.map(remove));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** Whether the worker was created again: its schedule group, the first object, is younger than all of `objects`. */
async function wasCreatedAgain(aws: Aws, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<boolean> {
  const [first] = objects;
  if (!first) return false;
  const born = await groupBorn(aws, awsNames(first.worker, aws.place.region).common, signal);
  return born !== null && objects.every(({ createdAt }) => createdAt < born.getTime());
}

function policiesOf(role: string, all: readonly OwnedObject[]): string[] {
  const own = all.filter(({ type, id }) => type === 'aws_iam_role_policy' && id.startsWith(`${role}:`));
  return own.map(({ id }) => id.slice(role.length + 1));
}

/** Stops a worker's tasks, and waits for their end. The service stays with a desired count of 0. */
export async function stopService(aws: Aws, worker: string, signal?: AbortSignal): Promise<void> {
  const found = await serviceOf(aws, worker, signal);
  if (found?.status !== 'ACTIVE') return;
  const { clusterArn: cluster, serviceName: service } = found;
  const running = async () => {
    const tasks = await tasksOf(aws, found, signal);
    return tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  };
  try {
    await aws.ecs.updateService({ cluster, service, desiredCount: 0 }, signal);
    const stop = (task: string) => aws.ecs.stopTask({ cluster, task, reason: 'the worker has ended' }, signal);
    await Promise.all((await running()).map(({ taskArn }) => stop(taskArn!)));
  } catch (error) {
    // Its schedule, or another command, ended it at the same time.
    if (!isNamed(error, 'ServiceNotFoundException', 'ServiceNotActiveException', 'InvalidParameterException')) throw error;
  }
  await poll(aws.clock, settlingPauses.slice(0, stopPolls), async () => ((await running()).length === 0 ? true : null), signal);
}

/** Number of polls for the end of tasks: enough for TERM, ten seconds, KILL and Fargate's delay. Then they are removed even if they run. */
const stopPolls = 15;
