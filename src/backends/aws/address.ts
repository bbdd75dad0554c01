import type { Task } from '@aws-sdk/client-ecs';
import type { Aws } from './clients.js';
import { namesOf } from './names.js';
import { findService } from './resources/service.js';
import { tasksOf } from './tasks.js';

/** Where the worker's running task is reached: its public address where it has one, else the private one; `null` while it has none. */
export async function addressOf(aws: Aws, worker: string): Promise<string | null> {
  const service = await findService(aws, namesOf(worker, aws.place.region).common);
  if (!service) return null;
  const task = (await tasksOf(aws, service)).find(({ lastStatus }) => lastStatus === 'RUNNING');
  if (!task) return null;
  const isPublic = service.networkConfiguration?.awsvpcConfiguration?.assignPublicIp === 'ENABLED';
  return (isPublic ? await publicAddress(aws, task) : null) ?? detail(task, 'privateIPv4Address');
}

async function publicAddress(aws: Aws, task: Task): Promise<string | null> {
  const id = detail(task, 'networkInterfaceId');
  if (id === null) return null;
  const { NetworkInterfaces = [] } = await aws.ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] });
  return NetworkInterfaces[0]?.Association?.PublicIp ?? null;
}

/** Of the task's network interface. */
function detail(task: Task, name: string): string | null {
  const details = task.attachments?.find(({ type }) => type === 'ElasticNetworkInterface')?.details;
  return details?.find((one) => one.name === name)?.value ?? null;
}
