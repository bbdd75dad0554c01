import type { Container } from '@aws-sdk/client-ecs';
import { engineName } from '../../spec/worker-spec.js';
import type { ContainerReport } from '../ports/ending.js';
import type { ObjectStatus, OwnedObject } from '../ports/owned-object.js';
import type { Aws } from './clients.js';
import { lastLines } from './logs.js';
import { awsNames } from './names.js';
import { serviceOf } from './service-of.js';
import { endedTask, tasksOf } from './tasks.js';

/** The number of log lines in a report. */
const reportLines = 20;

const statuses: Record<string, ObjectStatus> = { RUNNING: 'running', STOPPED: 'exited' };

/** Reports the containers of the task that ended the worker, else of its newest task. `known`: its objects before the end. */
export async function report(aws: Aws, worker: string, known?: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const { logGroup } = awsNames(worker, aws.place.region);
  const service = await serviceOf(aws, worker);
  if (!service) return [];
  const tasks = await tasksOf(aws, service);
  const task = endedTask(tasks) ?? tasks[0];
  // A container that ran in `known` was stopped since then: it is reported as running.
  const wasRunning = known?.some(({ type, status }) => type === 'aws_ecs_service' && status === 'running') ?? false;
  const containers = [...(task?.containers ?? [])].sort((a, b) => Number(b.name === engineName) - Number(a.name === engineName));
  return Promise.all(
    containers.map(async (container) => ({
      container: container.name!,
      ...(wasRunning ? running : howOf(container, task?.lastStatus)),
      lastLines: await lastLines(aws, { group: logGroup, container: container.name!, task: task!.taskArn! }, reportLines),
    })),
  );
}

type How = Pick<ContainerReport, 'status' | 'exitCode' | 'outOfMemory'>;

const running: How = { status: 'running', exitCode: null, outOfMemory: false };

function howOf({ lastStatus, exitCode, reason }: Container, ofTask = ''): How {
  const status = exitCode !== undefined ? 'exited' : (statuses[lastStatus ?? ofTask] ?? 'created');
  return { status, exitCode: exitCode ?? null, outOfMemory: /out ?of ?memory/i.test(reason ?? '') };
}
