import type { Container, Service, Task } from '@aws-sdk/client-ecs';
import { engineName } from '../../spec/worker-spec.js';
import type { ObjectStatus } from '../ports/owned-object.js';
import { type ContainerState, statusOf } from '../ports/container-state.js';
import { isOnce } from '../shared/own-labels.js';
import { findDefinition } from './resources/task-definition.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';

/** A service's tasks since its creation, the newest first: running tasks, and tasks that ended in the last hour. */
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

/** A task that ended because its engine ended, or AWS found it unhealthy. The service starts another task, but the worker has ended. */
export function endedTask(tasks: readonly Task[]): Task | undefined {
  return tasks.find(
    (task) =>
      (task.stopCode === 'EssentialContainerExited' && containerOf(task, engineName)?.exitCode !== undefined) ||
      /failed container health checks/i.test(task.stoppedReason ?? ''),
  );
}

/** States of the containers in a service's task: the task that ended the worker, or else the newest task. */
export async function containersIn(aws: Aws, tasks: readonly Task[], signal?: AbortSignal): Promise<ContainerState[]> {
  const task = endedTask(tasks) ?? tasks[0];
  const containers = task?.containers ?? [];
  const ended = containers.some(({ exitCode }) => exitCode === 0);
  const found = ended ? await findDefinition(aws, task!.taskDefinitionArn!, signal) : null;
  const once = new Set(found?.definition.containerDefinitions?.flatMap(({ name, dockerLabels }) => (isOnce(dockerLabels) ? [name] : [])));
  return containers.map(({ name = '', exitCode, healthStatus, lastStatus }) => {
    const status = exitCode !== undefined ? 'exited' : lastStatus === 'RUNNING' ? 'running' : 'created';
    const look = { status, exitCode: exitCode ?? null, unhealthy: healthStatus === 'UNHEALTHY', once: once.has(name) } as const;
    return { container: name, status: statusOf(look), exitCode: look.exitCode };
  });
}

/** Status of the engine, from its service and tasks. */
export function engineStatus({ desiredCount }: Service, tasks: readonly Task[]): { status: ObjectStatus; exitCode: number | null } {
  const ended = endedTask(tasks) ?? (desiredCount === 0 ? tasks.find(({ lastStatus }) => lastStatus === 'STOPPED') : undefined);
  if (tasks.some(({ lastStatus }) => lastStatus === 'RUNNING') && !endedTask(tasks)) return { status: 'running', exitCode: null };
  if (!ended && desiredCount !== 0) return { status: 'created', exitCode: null };
  return { status: 'exited', exitCode: containerOf(ended, engineName)?.exitCode ?? null };
}
