import type { Container, Service, Task } from '@aws-sdk/client-ecs';
import { engineName } from '../../spec/worker-spec.js';
import type { ObjectStatus } from '../backend.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';

/** A service's tasks, the newest first: those that run and those that ended in the last hour, since this service was made. */
export async function tasksOf(
  aws: Aws,
  { serviceName, clusterArn, createdAt, taskDefinition }: Service,
  signal?: AbortSignal,
): Promise<Task[]> {
  const cluster = clusterArn!;
  try {
    const lists = await Promise.all(
      (['RUNNING', 'STOPPED'] as const).map((desiredStatus) => aws.ecs.listTasks({ cluster, serviceName, desiredStatus }, signal)),
    );
    const arns = lists.flatMap(({ taskArns = [] }) => taskArns).slice(0, 100);
    if (arns.length === 0) return [];
    const { tasks = [] } = await aws.ecs.describeTasks({ cluster, tasks: arns }, signal);
    const born = createdAt?.getTime() ?? 0;
    return tasks.filter((task) => timeOf(task) >= born && task.taskDefinitionArn === taskDefinition).sort((a, b) => timeOf(b) - timeOf(a));
  } catch (error) {
    if (isNamed(error, 'ServiceNotFoundException', 'ClusterNotFoundException')) return [];
    throw error;
  }
}

function timeOf({ createdAt }: Task): number {
  return createdAt?.getTime() ?? Infinity;
}

export function containerOf(task: Task | undefined, name: string): Container | undefined {
  return task?.containers?.find((container) => container.name === name);
}

/** A task that is over because its engine ended, or AWS ended it as unhealthy: the service starts another, but the worker has ended. */
export function endedTask(tasks: readonly Task[]): Task | undefined {
  return tasks.find(
    (task) =>
      (task.stopCode === 'EssentialContainerExited' && containerOf(task, engineName)?.exitCode !== undefined) ||
      /failed container health checks/i.test(task.stoppedReason ?? ''),
  );
}

/** How the engine does, by its service and tasks. */
export function engineStatus({ desiredCount }: Service, tasks: readonly Task[]): { status: ObjectStatus; exitCode: number | null } {
  const ended = endedTask(tasks) ?? (desiredCount === 0 ? tasks.find(({ lastStatus }) => lastStatus === 'STOPPED') : undefined);
  if (tasks.some(({ lastStatus }) => lastStatus === 'RUNNING') && !endedTask(tasks)) return { status: 'running', exitCode: null };
  if (!ended && desiredCount !== 0) return { status: 'created', exitCode: null };
  return { status: 'exited', exitCode: containerOf(ended, engineName)?.exitCode ?? null };
}
